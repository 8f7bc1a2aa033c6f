# Flags that every target of ours gets, set once. `coppice_flags` is linked by each of our libraries and programs.
add_library(coppice_flags INTERFACE)
target_compile_features(coppice_flags INTERFACE cxx_std_20)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

target_compile_options(coppice_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Werror
  -fno-omit-frame-pointer)
# With optimisation g++ 12 sees overlapping copies in `"text" + string` (GCC bug 105651) and a variant's other half
# as uninitialised; neither is so. clang and the sanitizers watch for the real ones.
target_compile_options(coppice_flags INTERFACE "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-maybe-uninitialized>")
target_include_directories(coppice_flags INTERFACE ${PROJECT_SOURCE_DIR})

# address+undefined | thread | fuzz | empty
set(COPPICE_SANITIZE "" CACHE STRING "Sanitizers: asan, tsan, fuzz or none")
if(COPPICE_SANITIZE STREQUAL "asan" OR COPPICE_SANITIZE STREQUAL "fuzz")
  # CAF binds null references in its own headers, which we compile.
  set(sanitize -fsanitize=address,undefined -fno-sanitize=null -fno-sanitize-recover=all)
  if(COPPICE_SANITIZE STREQUAL "fuzz")
    list(APPEND sanitize -fsanitize=fuzzer-no-link)
  endif()
elseif(COPPICE_SANITIZE STREQUAL "tsan")
  set(sanitize -fsanitize=thread)
elseif(NOT COPPICE_SANITIZE STREQUAL "")
  message(FATAL_ERROR "COPPICE_SANITIZE is '${COPPICE_SANITIZE}': use asan, tsan, fuzz or leave it empty")
endif()
if(sanitize)
  # For every target, so that no two halves of a program disagree about a type's layout or a thread's history.
  add_compile_options(${sanitize})
  add_link_options(${sanitize})
endif()

# Rebuilds, and the second and third sanitizer's build of unchanged files, come from the compiler cache where there is one.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

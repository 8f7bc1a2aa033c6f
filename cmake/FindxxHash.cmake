# Debian ships xxHash without a CMake package: an imported target xxHash::xxhash.
find_path(XXHASH_INCLUDE_DIR xxhash.h)
find_library(XXHASH_LIBRARY xxhash)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(xxHash REQUIRED_VARS XXHASH_LIBRARY XXHASH_INCLUDE_DIR)

if(xxHash_FOUND AND NOT TARGET xxHash::xxhash)
  add_library(xxHash::xxhash SHARED IMPORTED)
  set_target_properties(xxHash::xxhash PROPERTIES
    IMPORTED_LOCATION ${XXHASH_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${XXHASH_INCLUDE_DIR})
endif()

# Some builds of the library come in variants for each width of registers, chosen at run time.
if(xxHash_FOUND)
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_LIBRARIES xxHash::xxhash)
  check_cxx_source_compiles("
    #include <xxhash.h>
    #include <xxh_x86dispatch.h>
    int main() { return static_cast<int>(XXH3_64bits_withSeed_dispatch(\"\", 0, 0)); }" xxHash_DISPATCHES)
  unset(CMAKE_REQUIRED_LIBRARIES)
endif()

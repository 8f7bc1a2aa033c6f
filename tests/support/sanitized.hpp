// Whether a sanitizer watches this build: it brings an allocator, and an end of the process, of its own.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COPPICE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COPPICE_SANITIZED 1
#endif
#endif
#ifndef COPPICE_SANITIZED
#define COPPICE_SANITIZED 0
#endif

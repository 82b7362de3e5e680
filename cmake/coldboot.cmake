# One library per folder. A library links only what the include rules allow it to see (docs/decisions), so a
# forbidden include has no declared path to its symbols; ./dev lint checks the includes themselves.

add_library(coldboot_options INTERFACE)
target_include_directories(coldboot_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_options(coldboot_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                                  -Wnon-virtual-dtor -Woverloaded-virtual
                                                  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12's own stable_sort uses what it deprecates.
  target_compile_options(coldboot_options INTERFACE -Wno-deprecated-declarations)
endif()
if(CMAKE_UNITY_BUILD)
  # A file's own names do not hide those of the file compiled before it, nor is a .cpp a header. The presets that
  # compile each file by itself have these warnings on.
  target_compile_options(coldboot_options INTERFACE -Wno-shadow
                                                    $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
if(COLDBOOT_WERROR)
  target_compile_options(coldboot_options INTERFACE -Werror)
endif()
if(COLDBOOT_SANITIZE)
  target_compile_options(coldboot_options INTERFACE -fsanitize=${COLDBOOT_SANITIZE} -fno-omit-frame-pointer
                                                    -fno-sanitize-recover=all)
  target_link_options(coldboot_options INTERFACE -fsanitize=${COLDBOOT_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 is wrong about boost::system::result under sanitizers, and about fences under tsan.
    target_compile_options(coldboot_options INTERFACE -Wno-maybe-uninitialized -Wno-tsan)
  endif()
endif()
if(COLDBOOT_FUZZ)
  target_compile_options(coldboot_options INTERFACE -fsanitize=fuzzer-no-link)  # the fuzzers see which code they reached
endif()

# coldboot_library(NAME SOURCES... LINKS...): the library of the current folder.
function(coldboot_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC coldboot_options ${arg_LINKS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE coldboot_options ${arg_LINKS})
  endif()
endfunction()

# coldboot_test(NAME SOURCES... LINKS...): one test program of a folder, its cases discovered one by one.
# THREADS marks those that start threads or processes: what the thread sanitizer is for. BOARDS boot the virtual apu2,
# one at a time, which takes minutes; cases whose name holds PATTERN of NIGHTLY take many.
function(coldboot_test name)
  cmake_parse_arguments(arg "THREADS;BOARDS" "NIGHTLY" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINKS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE COLDBOOT_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                             COLDBOOT_BINARY="${PROJECT_BINARY_DIR}/coldboot")
  # What is tested is compiled as it is shipped; the tests themselves need not be fast.
  target_compile_options(${name} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O0>)
  set(label quick)  # one each: gtest_discover_tests loses all but the first
  if(arg_THREADS)
    set(label threads)
    add_dependencies(threaded_tests ${name})
  endif()
  if(arg_BOARDS)
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 TEST_FILTER "-${arg_NIGHTLY}"
                         PROPERTIES TIMEOUT 1800 RUN_SERIAL ON LABELS board)
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 TEST_FILTER "${arg_NIGHTLY}" TEST_LIST ${name}_nightly
                         PROPERTIES TIMEOUT 3600 RUN_SERIAL ON LABELS nightly)
  else()
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
                         PROPERTIES TIMEOUT 120 LABELS ${label} ENVIRONMENT COLDBOOT_LOCKS=${PROJECT_BINARY_DIR}/locks)
  endif()
endfunction()

# How targets are made here. Five verbs, documented like an API:
#
#   sallyport_library(NAME dataplane_tcp SOURCES a.cc b.cc DEPENDS sallyport::mem PACKAGES PkgConfig::X [SEPARATE])
#       static library `sallyport_<NAME>` with alias sallyport::<NAME>; DEPENDS are public. SEPARATE as for tests.
#   sallyport_program(NAME sallyctl SOURCES main.cc DEPENDS ...)
#       executable in build/<preset>/bin.
#   sallyport_test(NAME tcp_established_test SOURCES x_test.cc DEPENDS ... [LABELS fast] [TIMEOUT 60] [SEPARATE])
#       GoogleTest executable, registered in ctest; label `fast` unless LABELS is given. SEPARATE: its sources give one
#       name to two local things, and are never translated together (SALLYPORT_UNITY).
#   sallyport_tests(NAME flow_tests PREFIX flow SOURCES exchange_test.cc cuts_test.cc [SHARED world.cc] DEPENDS ... [TIMEOUT 60])
#       one GoogleTest executable of many sources: what they all include is read once. ctest still has a test for each
#       source, here flow_exchange_test and flow_cuts_test, in a process of its own (tests/group/main.cc).
#   sallyport_fuzz(NAME http_head SOURCES http_head_fuzz.cc CORPUS dir DEPENDS ...)
#       with SALLYPORT_FUZZ a libFuzzer binary; under sanitizers a replayer of the kept corpus, run as a fast test: what an
#       input of it once broke is seen there. What ships has no fuzz programs.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)

add_library(sallyport_build_flags INTERFACE)
target_include_directories(sallyport_build_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(sallyport_build_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wnon-virtual-dtor -Woverloaded-virtual -Werror -fno-omit-frame-pointer -fstack-protector-strong)
target_compile_definitions(sallyport_build_flags INTERFACE _FORTIFY_SOURCE=0)
target_compile_options(sallyport_build_flags INTERFACE -march=x86-64-v2)

# GCC collects its own garbage from 128 MB on, a fifth of the time of a large source; where there is room it need not.
cmake_host_system_information(RESULT SALLYPORT_HOST_MIB QUERY TOTAL_PHYSICAL_MEMORY)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND SALLYPORT_HOST_MIB GREATER 6000)
  target_compile_options(sallyport_build_flags INTERFACE --param=ggc-min-heapsize=600000)
endif()

set(SALLYPORT_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined")
if(SALLYPORT_SANITIZE)
  target_compile_options(sallyport_build_flags INTERFACE -fsanitize=${SALLYPORT_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(sallyport_build_flags INTERFACE -fsanitize=${SALLYPORT_SANITIZE})
endif()
if(SALLYPORT_FUZZ)
  target_compile_options(sallyport_build_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined)
  target_link_options(sallyport_build_flags INTERFACE -fsanitize=address,undefined)
endif()

# The control plane is many small files over the same few large headers, and what both instantiate of JSON costs more than
# they do: a library of it, or a test of several sources, is translated as one file. Libraries of the dataplane are always
# translated file by file where they ship, under sanitizers eight at a time (all of them give one name to more than one
# local thing). scripts/test builds so; a change is quicker to build without. Two files translated together may not give
# one name to two local things, which the compiler says.
option(SALLYPORT_UNITY "Control-plane libraries and tests are translated as one file each, others under sanitizers by eights" OFF)

option(SALLYPORT_INLINE_WIDELY "The dataplane is optimised across files when it is linked; OFF links 15 seconds sooner" ON)

# batch: how many files at a time, 0: all of them.
function(sallyport_translate_together target batch)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${batch})
  # A local class inside a class is a mistake in a header; here the file that is included is a source.
  target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
endfunction()

# What only tests are made of is built for a short build: GoogleTest's macros cost more time to optimise and to
# instrument for undefined behaviour than all of the product. The libraries under test keep their own flags.
add_library(sallyport_test_flags INTERFACE)
if(SALLYPORT_SANITIZE)
  target_compile_options(sallyport_test_flags INTERFACE -O0 -fno-sanitize=undefined)
elseif(NOT SALLYPORT_FUZZ)
  target_compile_options(sallyport_test_flags INTERFACE -O0 -g1)
endif()

# Of the control plane: pointers are what the address sanitizer speaks of too, and their checks were a third of the time
# that instrumenting costs here. The dataplane, which reads what strangers send, keeps them all. A library of its own, so
# that it stands behind the flags it takes back.
add_library(sallyport_control_flags INTERFACE)
if(SALLYPORT_SANITIZE MATCHES "undefined")
  target_compile_options(sallyport_control_flags INTERFACE
    -fno-sanitize=null,alignment,vptr,object-size,nonnull-attribute,returns-nonnull-attribute,pointer-overflow)
endif()

# What runs once for an operator's command or for a bundle is built for a short build: -O1 takes a third less than -O2.
# Evidence and vault stay as fast as they ship: every exchange waits for them.
add_library(sallyport_human_flags INTERFACE)
target_compile_options(sallyport_human_flags INTERFACE $<$<CONFIG:RelWithDebInfo>:-O1>)

# Reading GoogleTest, the standard library and JSON took half of the time of a test's translation and a fifth of the
# control plane's. They are read once: every test of the plain flags shares one precompiled prefix, every control-plane
# library another, under sanitizers other libraries a third. SALLYPORT_PREFIX=OFF builds without them, which is how a file
# that forgot an include is found (scripts/test --full does).
option(SALLYPORT_PREFIX "Tests share one precompiled header, and libraries others" ON)
if(SALLYPORT_FUZZ)
  set(SALLYPORT_PREFIX OFF)
endif()
if(SALLYPORT_PREFIX)
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/prefix.cc CONTENT "// Only its precompiled header is wanted.\n")
  add_library(sallyport_prefix OBJECT ${CMAKE_BINARY_DIR}/prefix.cc)
  target_link_libraries(sallyport_prefix PRIVATE sallyport_build_flags)
  target_precompile_headers(sallyport_prefix PRIVATE <algorithm> <array> <atomic> <bit> <cstdint> <cstring> <memory>
    <optional> <span> <string> <string_view> <vector>)
  add_library(sallyport_control_prefix OBJECT ${CMAKE_BINARY_DIR}/prefix.cc)
  target_link_libraries(sallyport_control_prefix PRIVATE sallyport_build_flags sallyport_control_flags)
  set(control_prefix <nlohmann/json.hpp> <algorithm> <array> <chrono> <cstdint> <cstring> <filesystem> <fstream>
    <functional> <map> <memory> <mutex> <optional> <set> <span> <sstream> <string> <string_view> <thread> <vector>)
  target_precompile_headers(sallyport_control_prefix PRIVATE ${control_prefix})
  # GCC optimises what it translates behind a precompiled header like that header, whatever the command line says behind it.
  if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    add_library(sallyport_human_prefix OBJECT ${CMAKE_BINARY_DIR}/prefix.cc)
    target_link_libraries(sallyport_human_prefix PRIVATE sallyport_build_flags sallyport_control_flags sallyport_human_flags)
    target_precompile_headers(sallyport_human_prefix PRIVATE ${control_prefix})
  endif()
  add_executable(sallyport_test_prefix ${CMAKE_SOURCE_DIR}/tests/prefix/main.cc)
  target_link_libraries(sallyport_test_prefix PRIVATE sallyport_build_flags sallyport_test_flags GTest::gtest GTest::gmock)
  target_precompile_headers(sallyport_test_prefix PRIVATE ${CMAKE_SOURCE_DIR}/tests/prefix/prefix.h)
endif()

function(sallyport_library)
  cmake_parse_arguments(A "SEPARATE" "NAME" "SOURCES;DEPENDS;PACKAGES" ${ARGN})
  set(target sallyport_${A_NAME})
  if(A_SOURCES)
    add_library(${target} STATIC ${A_SOURCES})
    target_link_libraries(${target} PUBLIC sallyport_build_flags ${A_DEPENDS} ${A_PACKAGES})
    set(prefix sallyport_prefix)
    if(A_NAME MATCHES "^control")
      target_link_libraries(${target} PRIVATE sallyport_control_flags)
      set(prefix sallyport_control_prefix)
      if(A_NAME MATCHES "^control_(cli|supervise|policy|api_kind|rule_speed)")
        target_link_libraries(${target} PRIVATE sallyport_human_flags)
        if(TARGET sallyport_human_prefix)
          set(prefix sallyport_human_prefix)
        endif()
      endif()
    endif()
    # Where the dataplane ships it gains little, and GCC 12 warns of its own std::string in one file.
    if(SALLYPORT_PREFIX AND (SALLYPORT_SANITIZE OR NOT prefix STREQUAL "sallyport_prefix"))
      target_precompile_headers(${target} REUSE_FROM ${prefix})
    endif()
    if(SALLYPORT_UNITY AND NOT A_SEPARATE AND A_NAME MATCHES "^control")
      sallyport_translate_together(${target} 0)
    elseif(SALLYPORT_UNITY AND NOT A_SEPARATE AND SALLYPORT_SANITIZE)
      sallyport_translate_together(${target} 8)
    endif()
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE sallyport_build_flags ${A_DEPENDS} ${A_PACKAGES})
  endif()
  add_library(sallyport::${A_NAME} ALIAS ${target})
endfunction()

# libhs holds the matcher's runtime too; two copies in one process answer each other's calls. A program that compiles
# patterns, however far down, links libhs alone; every other one links libhs_runtime alone (dataplane/scan).
function(sallyport_choose_matcher target)
  set(queue ${ARGN})
  set(seen "")
  while(queue)
    list(POP_FRONT queue one)
    if(NOT TARGET "${one}" OR one IN_LIST seen)
      continue()
    endif()
    list(APPEND seen ${one})
    get_target_property(real ${one} ALIASED_TARGET)
    if(NOT real)
      set(real ${one})
    endif()
    if(real STREQUAL "sallyport_controlplane_matcher_compiler")
      set_target_properties(${target} PROPERTIES SALLYPORT_COMPILES_PATTERNS ON)
      return()
    endif()
    get_target_property(more ${real} INTERFACE_LINK_LIBRARIES)
    if(more)
      list(APPEND queue ${more})
    endif()
  endwhile()
endfunction()

# Libraries that every byte of a text goes through: -O3 is 4 % of together for 1.2 times the code, and what a program that
# carries traffic inlines across their files 2 % on prompts, 12 % on tool calls (bench/results/scanner.md). Fat objects, so
# that everything else links in no time, and as it did.
set(SALLYPORT_SHIPS_GNU "$<AND:$<CONFIG:RelWithDebInfo>,$<CXX_COMPILER_ID:GNU>>")
function(sallyport_every_byte target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O3>)
  # GCC 12 warns of overlaps inside of its own std::string there (its bug 105651).
  target_compile_options(${target} PRIVATE $<${SALLYPORT_SHIPS_GNU}:-Wno-restrict>)
  if(SALLYPORT_INLINE_WIDELY)
    target_compile_options(${target} PRIVATE "$<${SALLYPORT_SHIPS_GNU}:-flto;-ffat-lto-objects>")
  endif()
endfunction()

# Without -fno-lto the linker's plugin takes the other half of a fat object, whatever it was asked for.
target_link_options(sallyport_build_flags INTERFACE
  $<${SALLYPORT_SHIPS_GNU}:$<IF:$<BOOL:$<TARGET_PROPERTY:SALLYPORT_INLINES_WIDELY>>,-flto=auto,-fno-lto>>)
function(sallyport_inline_widely target)
  set_target_properties(${target} PROPERTIES SALLYPORT_INLINES_WIDELY ${SALLYPORT_INLINE_WIDELY})
endfunction()

function(sallyport_program)
  cmake_parse_arguments(A "" "NAME" "SOURCES;DEPENDS;PACKAGES" ${ARGN})
  add_executable(${A_NAME} ${A_SOURCES})
  sallyport_choose_matcher(${A_NAME} ${A_DEPENDS})
  target_link_libraries(${A_NAME} PRIVATE sallyport_build_flags ${A_DEPENDS} ${A_PACKAGES})
endfunction()

# What sallyport_test and sallyport_tests share: the program, and a ctest that runs it.
function(sallyport_test_program target separate sources libraries)
  add_executable(${target} ${sources})
  sallyport_choose_matcher(${target} ${libraries})
  target_link_libraries(${target} PRIVATE sallyport_build_flags sallyport_test_flags ${libraries}
    GTest::gtest GTest::gmock)
  if(SALLYPORT_PREFIX)
    target_precompile_headers(${target} REUSE_FROM sallyport_test_prefix)
  endif()
  list(LENGTH sources count)
  if(SALLYPORT_UNITY AND count GREATER 1 AND NOT separate)
    sallyport_translate_together(${target} 0)
  endif()
endfunction()

# A machine that runs the tests for the first time knows none of their times: those with a longer limit begin first, so
# that none of them is left over while cores wait.
function(sallyport_test_run name labels timeout)
  if(NOT timeout)
    set(timeout 120)
  endif()
  add_test(NAME ${name} COMMAND ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout} COST ${timeout}
    ENVIRONMENT "SALLYPORT_SOURCE_DIR=${CMAKE_SOURCE_DIR};SALLYPORT_BIN_DIR=${CMAKE_BINARY_DIR}/bin")
endfunction()

function(sallyport_test)
  cmake_parse_arguments(A "SEPARATE" "NAME;TIMEOUT" "SOURCES;DEPENDS;PACKAGES;LABELS" ${ARGN})
  if(NOT A_LABELS)
    set(A_LABELS fast)
  endif()
  sallyport_test_program(${A_NAME} "${A_SEPARATE}" "${A_SOURCES}" "${A_DEPENDS};${A_PACKAGES};GTest::gtest_main")
  sallyport_test_run(${A_NAME} "${A_LABELS}" "${A_TIMEOUT}" ${A_NAME})
endfunction()

add_library(sallyport_test_group OBJECT ${CMAKE_SOURCE_DIR}/tests/group/main.cc)
target_link_libraries(sallyport_test_group PRIVATE sallyport_build_flags sallyport_test_flags GTest::gtest)

function(sallyport_tests)
  cmake_parse_arguments(A "" "NAME;PREFIX;TIMEOUT" "SOURCES;SHARED;DEPENDS;PACKAGES" ${ARGN})
  sallyport_test_program(${A_NAME} OFF "${A_SOURCES};${A_SHARED}" "${A_DEPENDS};${A_PACKAGES};sallyport_test_group")
  foreach(source ${A_SOURCES})
    get_filename_component(stem ${source} NAME_WE)
    sallyport_test_run(${A_PREFIX}_${stem} fast "${A_TIMEOUT}" ${A_NAME} --source=${source})
  endforeach()
endfunction()

if(SALLYPORT_FUZZ)
  add_custom_target(fuzzers)
elseif(SALLYPORT_SANITIZE)
  add_library(sallyport_fuzz_replay OBJECT ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cc)
  target_link_libraries(sallyport_fuzz_replay PRIVATE sallyport_build_flags)
endif()

function(sallyport_fuzz)
  cmake_parse_arguments(A "" "NAME;CORPUS" "SOURCES;DEPENDS;PACKAGES" ${ARGN})
  if(NOT SALLYPORT_FUZZ AND NOT SALLYPORT_SANITIZE)
    return()
  endif()
  set(target fuzz_${A_NAME})
  if(SALLYPORT_FUZZ)
    add_executable(${target} ${A_SOURCES})
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers ${target})
    # What it finds lands in the build folder; the kept corpus is only read.
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/found/${A_NAME})
    add_test(NAME ${target}
      COMMAND ${target} -runs=20000 -max_total_time=60 ${CMAKE_BINARY_DIR}/found/${A_NAME} ${A_CORPUS})
  else()
    add_executable(${target} ${A_SOURCES})
    target_link_libraries(${target} PRIVATE sallyport_fuzz_replay)
    add_test(NAME ${target} COMMAND ${target} ${A_CORPUS})
  endif()
  sallyport_choose_matcher(${target} ${A_DEPENDS})
  target_link_libraries(${target} PRIVATE sallyport_build_flags ${A_DEPENDS} ${A_PACKAGES})
  set_tests_properties(${target} PROPERTIES LABELS "fast;fuzz" TIMEOUT 120
    ENVIRONMENT "SALLYPORT_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
endfunction()

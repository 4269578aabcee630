# How every target of the house is built: language level, warnings, sanitizers, where programs land.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
if(STOKER_DEV)
  # RelWithDebInfo defines NDEBUG; the dev preset wants its assertions.
  string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELWITHDEBINFO "${CMAKE_CXX_FLAGS_RELWITHDEBINFO}")
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(TBB REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(TURBOJPEG REQUIRED IMPORTED_TARGET libturbojpeg libjpeg)
pkg_check_modules(PNG REQUIRED IMPORTED_TARGET libpng)
pkg_check_modules(WEBP REQUIRED IMPORTED_TARGET libwebp libwebpdemux)
find_package(TIFF REQUIRED)
pkg_check_modules(UTF8PROC IMPORTED_TARGET libutf8proc)
pkg_check_modules(BLOSC REQUIRED IMPORTED_TARGET blosc)

# OpenCV: only the two modules we use, as Debian's small -dev packages bring them. Loaded only by
# programs that call them: a packer does not, and starts the sooner.
find_path(OPENCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4 REQUIRED)
foreach(module core imgproc)
  find_library(OPENCV_${module}_LIBRARY opencv_${module} REQUIRED)
  add_library(stoker_opencv_${module} INTERFACE)
  target_include_directories(stoker_opencv_${module} SYSTEM INTERFACE ${OPENCV_INCLUDE_DIR})
  target_link_libraries(stoker_opencv_${module} INTERFACE
    "-Wl,--push-state,--as-needed,${OPENCV_${module}_LIBRARY},--pop-state")
endforeach()

add_library(stoker_settings INTERFACE)
target_include_directories(stoker_settings INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_features(stoker_settings INTERFACE cxx_std_20)
target_compile_options(stoker_settings INTERFACE -Wall -Wextra)
if(STOKER_DEV)
  target_compile_options(stoker_settings INTERFACE -Wconversion -Werror)
endif()
if(STOKER_SANITIZE)
  target_compile_options(stoker_settings INTERFACE -fsanitize=${STOKER_SANITIZE}
                                                   -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(stoker_settings INTERFACE -fsanitize=${STOKER_SANITIZE})
endif()
if(STOKER_FUZZ)
  target_compile_options(stoker_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_link_libraries(stoker_settings INTERFACE Threads::Threads)

# stoker_library(NAME SOURCES... DEPENDS libs of the house... PRIVATE third-party libs...)
function(stoker_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC stoker_settings ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE})
endfunction()

# stoker_program(some_tool.cc LIBS...) builds some-tool
function(stoker_program source)
  get_filename_component(name ${source} NAME_WE)
  string(REPLACE "_" "-" name ${name})
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${ARGN})
endfunction()

# stoker_test(some_test.cc LIBS...) builds and registers the GoogleTest program some_test
function(stoker_test source)
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${ARGN} GTest::gtest GTest::gtest_main GTest::gmock)
  target_compile_definitions(${name} PRIVATE
    STOKER_SOURCE_DIR="${PROJECT_SOURCE_DIR}" STOKER_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  set(environment)
  if(STOKER_SANITIZE STREQUAL "thread")
    set(environment ENVIRONMENT TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp)
  endif()
  # Names without the values of parameters, which for structs are bytes and pointers.
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES
    PROPERTIES TIMEOUT 300 ${environment})
endfunction()

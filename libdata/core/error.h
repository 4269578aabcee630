// What goes wrong, and how it is said.
//
// Every library function reports failure by throwing stoker::Error; no status can be dropped.
// Errors of foreign libraries (libtiff handlers, libjpeg longjmp, HDF5 stacks, cv::Exception,
// c10::Error) become an Error in the adapter that called them. Error is caught in three places
// only: at the boundary of one sample (skip and record), in verification (collect all), and in
// run_program.
//
// A message says what was expected and what was found, and gives a hint where there is one. Path
// and byte offset are kept apart from the message so that reports can carry them as fields.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace stoker {

enum class ErrorCode : uint8_t {
  kInvalidArgument,  // the caller's mistake: exit code 2
  kNotFound,         // a file or folder that should be there is not: exit code 3
  kCorrupt,          // the data is damaged or not what it claims to be: exit code 1
  kUnsupported,      // well-formed, but outside what this version reads: exit code 1
  kIo,               // the operating system refused: exit code 3
  kInternal,         // our own bug: exit code 3
};

std::string_view error_code_name(ErrorCode code);

class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message, std::string path = {},
        std::optional<uint64_t> offset_bytes = std::nullopt);

  // "PATH: at byte OFFSET: MESSAGE", leaving out what is not known.
  const char* what() const noexcept override { return text_.c_str(); }

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& path() const { return path_; }
  std::optional<uint64_t> offset_bytes() const { return offset_bytes_; }

  // The same error, placed: fills in path and offset where they are still unknown.
  Error at(std::string_view path, std::optional<uint64_t> offset_bytes = std::nullopt) const;

 private:
  ErrorCode code_;
  std::string message_;
  std::string path_;
  std::optional<uint64_t> offset_bytes_;
  std::string text_;
};

// An Io or NotFound error from errno, for the system call named in `action` ("open", "write").
// ENOSPC says that the disk is full and what to do.
Error system_error(std::string_view action, std::string_view path, int error_number);

}  // namespace stoker

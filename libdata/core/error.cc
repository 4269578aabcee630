#include "libdata/core/error.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace stoker {
namespace {

std::string compose(const std::string& message, const std::string& path,
                    std::optional<uint64_t> offset_bytes) {
  std::string text;
  if (!path.empty()) text += path + ": ";
  if (offset_bytes) text += "at byte " + std::to_string(*offset_bytes) + ": ";
  return text + message;
}

}  // namespace

std::string_view error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid argument";
    case ErrorCode::kNotFound:
      return "not found";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kIo:
      return "I/O";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "unknown";
}

Error::Error(ErrorCode code, std::string message, std::string path,
             std::optional<uint64_t> offset_bytes)
    : code_(code),
      message_(std::move(message)),
      path_(std::move(path)),
      offset_bytes_(offset_bytes),
      text_(compose(message_, path_, offset_bytes_)) {}

Error Error::at(std::string_view path, std::optional<uint64_t> offset_bytes) const {
  return Error(code_, message_, path_.empty() ? std::string(path) : path_,
               offset_bytes_ ? offset_bytes_ : offset_bytes);
}

Error system_error(std::string_view action, std::string_view path, int error_number) {
  const bool missing = error_number == ENOENT || error_number == ENOTDIR;
  std::string message = "cannot " + std::string(action) + ": " + std::strerror(error_number);
  if (error_number == ENOSPC || error_number == EDQUOT) {
    message +=
        " (the disk is full; free some space, then run again: with --resume, train with "
        "--auto-resume)";
  }
  return Error(missing ? ErrorCode::kNotFound : ErrorCode::kIo, std::move(message),
               std::string(path));
}

}  // namespace stoker

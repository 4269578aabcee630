// What verify-dataset says: for people, for programs (JSON), for CI servers (JUnit XML).
#pragma once

#include <filesystem>
#include <string>

#include "libdata/shard/verification.h"

namespace stoker {

void print_report(const std::filesystem::path& folder, VerifyLevel level,
                  const VerifyReport& report);  // to stdout
std::string report_json(const std::filesystem::path& folder, VerifyLevel level,
                        const VerifyReport& report);
// A test case for the manifest and one for each shard.
std::string report_junit(const std::filesystem::path& folder, const VerifyReport& report);

}  // namespace stoker

// config.json of a run's folder: how the run is set up, to the last default, and what it was made
// with, for people and for --config, which takes the file back.
//
//   {"program": "train", "version": "0.2.0",
//    "options": {"data": ["packed/train"], "batch-size": 64, "lr": 0.025, ...},
//    "data": {"train": ["packed/train"], "val": ["packed/val"], "fingerprint": "..."},
//    "made_with": {"--threads": "8", "--device": "cuda:0", "LibTorch": "2.9.0", "compiler":
//    "GCC 12.2.0",
//                  "cpu": "AMD EPYC 7763"},
//    "starts": [{"time": "2026-11-27T06:10:00Z", "step": 0, "version": ..., "made_with": {...},
//                "options": {"log-every": 50}}]}
//
// Written when a run starts and anew whenever it goes on, whole or not at all. What stands above
// "starts" is of the newest start; each start, the oldest first, says when and at which step it
// was, what it was made with, and in "options" those that it had otherwise (null: not at all).
// Options are settled ones, but for --device, which stays as asked for; left out are those of one
// process (--force,
// --resume ...). One thread. Errors: Io. An older file that is damaged is said, and its starts are
// lost.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "trainer/options/train_options.h"

namespace stoker {

// For settled options, of a task that was made from them. `step`: from which the process goes on.
void write_run_config(const std::filesystem::path& file, const TrainOptions& options,
                      const std::string& data_fingerprint, uint64_t step);

// Whether a file of that name was written by write_run_config.
bool is_run_config(const std::filesystem::path& file);

}  // namespace stoker

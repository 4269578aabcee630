// Blocks of table files read from front to back, some of them decoded ahead on threads of their
// own.
//
// Thread-safety: one caller at a time. Ownership: refers to the files. Errors: those of the files,
// thrown for each row of the block that has them. Memory: per thread one block of which about
// kAheadBytes are decoded.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "formats/arrow/arrow_engine.h"

namespace stoker {

struct BlockPlace {
  const TableFile* file = nullptr;
  size_t block = 0;                  // in its file
  std::vector<WantedColumn> wanted;  // as the file counts its columns
};

class BlockQueue {
 public:
  explicit BlockQueue(std::vector<BlockPlace> blocks);
  ~BlockQueue();
  BlockQueue(const BlockQueue&) = delete;
  BlockQueue& operator=(const BlockQueue&) = delete;

  struct Row {
    std::shared_ptr<const TableBatch> batch;
    uint64_t row = 0;  // in the batch
  };
  // Rising (block, row) are read once; others begin anew at their block.
  Row row(size_t block, uint64_t row);

 private:
  struct Ahead {
    std::deque<std::shared_ptr<const TableBatch>> batches;
    uint64_t size_bytes = 0;
    bool finished = false;
    std::exception_ptr error;
  };

  void start(size_t block);
  void stop();
  void work();
  void decode(size_t block);
  void pass_over_to(size_t block);

  std::vector<BlockPlace> blocks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::thread> threads_;
  std::map<size_t, Ahead> ahead_;
  size_t next_ = 0;     // block to be decoded next
  size_t current_ = 0;  // block that is being read
  bool stopping_ = false;
  bool running_ = false;
  uint64_t first_row_ = 0;  // of the current block's front batch
};

}  // namespace stoker

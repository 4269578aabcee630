#include "trainer/run/background_writer.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace stoker {

BackgroundWriter::BackgroundWriter() : thread_([this] { run(); }) {}

BackgroundWriter::~BackgroundWriter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
  if (!error_) return;
  try {
    std::rethrow_exception(error_);
  } catch (const std::exception& error) {
    spdlog::error("while saving: {}", error.what());
  }
}

void BackgroundWriter::submit(std::function<void()> work) {
  std::unique_lock lock(mutex_);
  throw_error(lock);
  queue_.push_back(std::move(work));
  changed_.notify_all();
}

void BackgroundWriter::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !busy_ && queue_.empty(); });
  throw_error(lock);
}

void BackgroundWriter::check() {
  std::unique_lock lock(mutex_);
  throw_error(lock);
}

bool BackgroundWriter::is_idle() {
  const std::lock_guard lock(mutex_);
  return !busy_ && queue_.empty();
}

bool BackgroundWriter::has_failed() {
  const std::lock_guard lock(mutex_);
  return failed_;
}

void BackgroundWriter::throw_error(std::unique_lock<std::mutex>& lock) {
  if (!error_) return;
  const std::exception_ptr error = std::exchange(error_, nullptr);
  lock.unlock();
  std::rethrow_exception(error);
}

void BackgroundWriter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    lock.unlock();
    std::exception_ptr error;
    try {
      work();
    } catch (...) {
      error = std::current_exception();
    }
    work = nullptr;  // what it owned, before anybody hears that it is done
    lock.lock();
    busy_ = false;
    if (error) {
      error_ = error;
      failed_ = true;
      queue_.clear();
    }
    changed_.notify_all();
  }
}

}  // namespace stoker

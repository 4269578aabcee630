// Work on files that training need not wait for, done by one thread, piece after piece in the order
// in which it was handed over: never two at once.
//
// What a piece throws is thrown on to whoever next calls submit, wait or check; the pieces that
// stood behind it are dropped then. Thread-safety: the caller is one thread. Ownership: a piece
// owns what it needs; the destructor waits until all are done (an error that nobody has asked for
// is logged).
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace stoker {

class BackgroundWriter {
 public:
  BackgroundWriter();
  ~BackgroundWriter();
  BackgroundWriter(const BackgroundWriter&) = delete;
  BackgroundWriter& operator=(const BackgroundWriter&) = delete;

  void submit(std::function<void()> work);
  // Until everything is done.
  void wait();
  void check();
  bool is_idle();
  // Whether any piece has ever failed.
  bool has_failed();

 private:
  void run();
  void throw_error(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool busy_ = false;
  bool ending_ = false;
  bool failed_ = false;
  std::exception_ptr error_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace stoker

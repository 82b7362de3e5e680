#pragma once

#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <signal.h>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "harness/io/child_process.hpp"
#include "tests/temporary_folder.hpp"

namespace coldboot {

/// Runs the built program to its end.
inline ChildResult coldboot(std::vector<std::string> arguments,
                            const std::filesystem::path& directory = COLDBOOT_SOURCE_DIR) {
  arguments.insert(arguments.begin(), COLDBOOT_BINARY);
  ChildOptions options;
  options.directory = directory;
  options.most_output = std::size_t{8} << 20U;
  auto ended = run_child(arguments, Until(std::chrono::steady_clock::now() + std::chrono::seconds(60)), options);
  if (!ended) {
    ADD_FAILURE() << ended.error().text();
    return {};
  }
  return std::move(*ended);
}

/// All events of a run folder as they stand in its files.
inline std::string events_of(const std::filesystem::path& run) {
  std::string all;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(run, ignored)) {
    if (entry.path().filename() == "events.jsonl") all += text_of(entry.path());
  }
  return all;
}

/// The one folder in a folder of runs; empty when there is none yet.
inline std::filesystem::path only_run_in(const std::filesystem::path& runs) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(runs, ignored)) return entry.path();
  return {};
}

/// The program while it runs, to be sent signals. What it says goes nowhere, or its standard error to a descriptor.
class RunningProgram {
 public:
  explicit RunningProgram(std::vector<std::string> arguments, int standard_error = -1) {
    arguments.insert(arguments.begin(), COLDBOOT_BINARY);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
      ::posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0);
    }
    if (standard_error >= 0) ::posix_spawn_file_actions_adddup2(&actions, standard_error, STDERR_FILENO);
    EXPECT_EQ(::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0);
    ::posix_spawn_file_actions_destroy(&actions);
  }
  ~RunningProgram() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const { ::kill(pid_, number); }

  /// Whether it has taken every signal that was sent to it.
  [[nodiscard]] bool has_taken_signals() const {
    const std::string status = text_of("/proc/" + std::to_string(pid_) + "/status");
    return status.find("\nShdPnd:\t0000000000000000\n") != std::string::npos;
  }

  /// Its exit status, 128 + n when signal n ended it.
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_ = -1;
};

/// Waits until something on disk is so; half a minute means it never will be.
inline bool becomes_true(const std::function<bool()>& so) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!so()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace coldboot

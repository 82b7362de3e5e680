#include "tests/reports/outside_tool.hpp"

#include <fcntl.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace coldboot {
namespace {

constexpr int no_such_program = 127;

[[noreturn]] void become(const std::vector<std::string>& argv, const std::filesystem::path& folder,
                         const std::filesystem::path& output, const std::filesystem::path& complaints) {
  std::vector<char*> pointers;
  for (const std::string& argument : argv) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  ::dup2(::open("/dev/null", O_RDONLY), 0);
  ::dup2(::open(output.c_str(), O_WRONLY | O_CREAT, 0600), 1);
  ::dup2(::open(complaints.c_str(), O_WRONLY | O_CREAT, 0600), 2);
  if (::chdir(folder.c_str()) == 0) ::execvp(pointers[0], pointers.data());
  ::_exit(no_such_program);
}

}  // namespace

ToolAnswer run_tool(const std::vector<std::string>& argv, const std::filesystem::path& folder) {
  const TemporaryFolder answers;
  const auto output = answers.path() / "output";
  const auto complaints = answers.path() / "complaints";
  const pid_t child = ::fork();
  if (child == 0) become(argv, folder, output, complaints);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) throw std::runtime_error("cannot start " + argv.front());
  const int exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {exit_status != no_such_program, exit_status, text_of(output), text_of(complaints)};
}

}  // namespace coldboot

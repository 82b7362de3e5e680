#include "harness/cli/outputs.hpp"

#include <unistd.h>

#include "harness/cli/telling.hpp"
#include "harness/io/atomic_file.hpp"
#include "reports/json/result_json.hpp"
#include "reports/junit/junit.hpp"
#include "reports/terminal/terminal_report.hpp"

namespace coldboot {

std::vector<ReportFile> run_folder_reports() {
  return {{"result.json", &result_json}, {"junit.xml", &junit_xml}};
}

bool show_result(const RunResult& result, const OutputChoice& choice) {
  bool good = print(choice.json ? result_json(result) : terminal_report(result, detect_style(STDOUT_FILENO)));
  if (choice.junit.empty()) return good;
  if (const auto written = write_file_atomically(choice.junit, junit_xml(result)); !written) {
    tell(written.error());
    good = false;
  }
  return good;
}

}  // namespace coldboot

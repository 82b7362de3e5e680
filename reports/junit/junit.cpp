#include "reports/junit/junit.hpp"

#include <fmt/format.h>
#include <pugixml.hpp>

#include "reports/junit/cases.hpp"
#include "reports/plain/report_text.hpp"

namespace coldboot {
namespace {

using junit::Case;
using junit::Outcome;
using junit::Suite;

/// What the counting attributes of an element say; skipped ones are among the tests.
struct Totals {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
  std::int64_t milliseconds = 0;

  Totals& operator+=(const Totals& other) {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    skipped += other.skipped;
    milliseconds += other.milliseconds;
    return *this;
  }
};

Totals totals_of(const Suite& suite) {
  Totals totals;
  for (const Case& each : suite.cases) {
    const Outcome outcome = junit::outcome_of(each.verdict);
    totals +=
        {1, outcome == Outcome::failure, outcome == Outcome::error, outcome == Outcome::skipped, each.milliseconds};
  }
  return totals;
}

void set(pugi::xml_node& node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(value.c_str());
}

void set_counts(pugi::xml_node& node, const Totals& totals) {
  set(node, "tests", fmt::format("{}", totals.tests));
  set(node, "failures", fmt::format("{}", totals.failures));
  set(node, "errors", fmt::format("{}", totals.errors));
}

void append_text(pugi::xml_node& node, const char* name, const std::string& text) {
  if (!text.empty()) node.append_child(name).append_child(pugi::node_pcdata).set_value(text.c_str());
}

/// failure or error: GitLab shows the text, others the message, so the text begins with the message.
void append_outcome(pugi::xml_node& node, const char* name, const Case& each) {
  pugi::xml_node outcome = node.append_child(name);
  set(outcome, "message", each.message);
  set(outcome, "type", each.type);
  outcome.append_child(pugi::node_pcdata).set_value((each.message + "\n" + excerpt(each.detail)).c_str());
}

void append_case(pugi::xml_node& suite, const Case& each) {
  pugi::xml_node node = suite.append_child("testcase");
  set(node, "name", each.name);
  set(node, "classname", each.classname);
  set(node, "time", junit::decimal_seconds(each.milliseconds));
  switch (junit::outcome_of(each.verdict)) {
    case Outcome::passed: break;
    case Outcome::failure: append_outcome(node, "failure", each); break;
    case Outcome::error: append_outcome(node, "error", each); break;
    case Outcome::skipped: {
      pugi::xml_node skipped = node.append_child("skipped");
      set(skipped, "message", each.message);
      break;
    }
  }
  append_text(node, "system-out", each.output);
}

void append_suite(pugi::xml_node& root, const Suite& suite) {
  const Totals totals = totals_of(suite);
  pugi::xml_node node = root.append_child("testsuite");
  set(node, "name", suite.name);
  set_counts(node, totals);
  set(node, "skipped", fmt::format("{}", totals.skipped));
  set(node, "time", junit::decimal_seconds(totals.milliseconds));
  if (!suite.timestamp.empty()) set(node, "timestamp", suite.timestamp);
  pugi::xml_node properties = node.append_child("properties");
  for (const auto& [name, value] : suite.properties) {
    pugi::xml_node property = properties.append_child("property");
    set(property, "name", name);
    set(property, "value", value);
  }
  for (const Case& each : suite.cases) append_case(node, each);
}

/// Collects what pugixml writes, without a stream and so without a locale.
class StringWriter final : public pugi::xml_writer {
 public:
  void write(const void* data, std::size_t size) override { text_.append(static_cast<const char*>(data), size); }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

std::string junit_xml(const RunResult& run) {
  const std::vector<Suite> suites = junit::suites_of(run);
  Totals totals;
  for (const Suite& suite : suites) totals += totals_of(suite);

  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  set(declaration, "version", "1.0");
  set(declaration, "encoding", "UTF-8");
  pugi::xml_node root = document.append_child("testsuites");
  set(root, "name", "coldboot");
  set_counts(root, totals);
  set(root, "time", junit::decimal_seconds(totals.milliseconds));
  for (const Suite& suite : suites) append_suite(root, suite);

  StringWriter writer;
  document.save(writer, "  ", pugi::format_default, pugi::encoding_utf8);
  return writer.text();
}

}  // namespace coldboot

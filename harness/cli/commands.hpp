#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/clock.hpp"

namespace coldboot {

// One function a subcommand; each returns the exit status of the program (harness/measure/verdict.hpp).

struct RunArguments {
  std::filesystem::path scenario;
  std::string bench;  ///< name or path; empty: the scenario's own
  std::filesystem::path out = "runs";
  std::optional<int> boots;     ///< instead of the scenario's
  std::filesystem::path junit;  ///< a second copy, for a CI that wants it elsewhere
  bool json = false;            ///< the result as JSON on standard output instead of the table
  bool quiet = false;           ///< no live progress
  std::optional<Nanos> wait;    ///< how long to wait for whoever has the bench
};
int run_command(const RunArguments& arguments);

struct CheckArguments {
  std::filesystem::path scenario;
  std::string bench;
  std::vector<std::filesystem::path> against;  ///< logs to try the markers on
};
int check_command(const CheckArguments& arguments);

struct MeasureArguments {
  std::vector<std::filesystem::path> logs;
  std::string stamps;    ///< form of the stamps (docs/importing.md); empty: found out
  std::string deltas;    ///< yes or no: whether stamps count from the line before; empty: found out
  std::string stamp_of;  ///< first or last byte of a line; empty: as the form usually has it
  std::string profile;   ///< empty: guessed
  std::string origin;    ///< first, zero, or a marker; empty: chosen by the kind of stamps
  bool json = false;
};
int measure_command(const MeasureArguments& arguments);

struct ReportArguments {
  std::filesystem::path run;
  std::filesystem::path scenario;  ///< instead of the copy in the run folder
  std::filesystem::path junit;
  bool json = false;
  bool write = false;  ///< renew result.json and junit.xml in the run folder
};
int report_command(const ReportArguments& arguments);

int devices_command(bool json);

struct InitArguments {
  std::filesystem::path bench;        ///< file to write
  std::string name;                   ///< of the bench; empty: that of the file
  std::string power;                  ///< "hid-relay id=BITFT channel=2"; empty: asked for
  std::vector<std::string> consoles;  ///< "tty id=usb:0403:6001:A50285BI line=115200n8" each; empty: asked for
  bool force = false;                 ///< write over a file that is there
};
int init_command(const InitArguments& arguments);

struct DoctorArguments {
  std::string bench;                             ///< name or path
  std::filesystem::path out = "runs";            ///< where runs go
  std::uint64_t room = std::uint64_t{1} << 30U;  ///< bytes that must be free there
  bool fix = false;                              ///< put right what can be without harm
  bool cycle_power = false;                      ///< really switch the DUT
  Nanos first_byte_within{std::chrono::seconds(30)};
  Nanos silent_for{std::chrono::seconds(3)};
  bool json = false;
};
int doctor_command(const DoctorArguments& arguments);

struct ReferenceArguments {
  std::filesystem::path root = ".";
  bool check = false;  ///< write nothing, say what is stale
};
int reference_command(const ReferenceArguments& arguments);

struct StatusArguments {
  std::vector<std::string> benches;  ///< names or paths; empty: all that are known here
  bool json = false;
};
int status_command(const StatusArguments& arguments);

struct PowerArguments {
  std::string what;  ///< on, off, cycle or status
  std::string bench;
};
int power_command(const PowerArguments& arguments);

struct FlashArguments {
  std::string what;  ///< read, write, verify, erase or recover
  std::string bench;
  std::filesystem::path file;        ///< image, or where to put what is read; empty: the bench's golden image
  std::vector<std::string> regions;  ///< empty: the whole chip
  std::filesystem::path logs;        ///< folder for full logs; empty: none are kept
  std::filesystem::path backups;     ///< folder for what the chip held; empty: it is not kept
};
int flash_command(const FlashArguments& arguments);

struct MediaArguments {
  std::string what;  ///< write or verify
  std::string bench;
  std::string medium;
  std::filesystem::path image;
};
int media_command(const MediaArguments& arguments);

struct ConsoleArguments {
  std::string bench;
  std::string console;  ///< empty: the first
  bool write = false;   ///< what is typed reaches the DUT although a run has the bench
  std::string escape = "^]";
};
int console_command(const ConsoleArguments& arguments);

/// The guardian's process, started by a run.
int guard_command();

int version_command(bool json);

}  // namespace coldboot

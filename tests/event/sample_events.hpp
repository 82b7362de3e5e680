#pragma once

#include <string>
#include <vector>

#include "harness/event/event.hpp"

namespace coldboot {

/// When recorded runs of these tests began.
inline const Instant run_origin = Instant(std::chrono::seconds(1000));

/// Every byte there is, in order.
inline std::string all_bytes() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

/// One event of each type that is written, and of each optional field both ways.
inline std::vector<Event> sample_events(Instant origin) {
  using namespace std::chrono_literals;
  const Fault fault(Cause::io, "rack1/bench2/relay", "no answer in 2 s, expected 0x02", "is it plugged in?");
  const std::vector<EventBody> bodies{
      BootStarted{"xen", "apu2-07", "pfsense-2.4-xen", std::nullopt},
      BootStarted{"xen", "apu2-07", "pfsense-2.4-xen", Ending::cut},
      MediumPut{"sd", "xen.img", "9f86d081", 34s},
      ChipWork{"reading-back"},
      FirmwarePut{"v4.15.0.2.rom", "9f86d081", "4.15-v4.15.0.2", "flashrom on ch341a_spi", "W25Q64JV-.Q",
                  ChipOutcome::written, "9f86d081", "runs/firmware/9f.rom", "runs/1/flash-1", 95s, 0s},
      FirmwarePut{"golden.rom", "9f86d081", "", "flashrom on ch341a_spi", "", ChipOutcome::unchanged, "", "", "", 0s,
                  95s},
      ConsoleOpened{"com1", "/dev/ttyUSB0 (A50285BI)", LineRate{115200, 'n', 8, 1}, 0s, 16ms},
      ConsoleOpened{"log", "a captured log", std::nullopt, 1s, std::nullopt},
      PowerSwitched{Power::off, origin + 1ms, origin + 3ms, std::nullopt, 1, 10ms},
      PowerSwitched{Power::on, origin + 10s, origin + 10s + 2ms, Power::on, 2, 10ms},
      PowerSwitched{Power::on, origin + 10s, origin + 10s + 2ms, Power::on, 1, 10ms, true},
      StepStarted{0, "expect menu within 600 s"},
      ConsoleSent{"com1", all_bytes(), 4711},
      ConsoleSent{"com1", "6\ry\r", 0},
      CommandRun{{"ping", "-c", "1", "192.168.1.1"}, 1, "line \"one\"\nline two\t\xc3\xa9\n", origin + 11s},
      StepEnded{0, Verdict::fail, Fault(Cause::timeout, "com1", "no menu in 600 s", "")},
      StepEnded{1, Verdict::pass, Fault()},
      ConsoleLost{"com1", "hung up"},
      ConsoleErrors{"com1", 3, 1, 0, 2},
      FaultSeen{fault},
      StopRequested{"SIGINT", 2},
      MadeSafe{Power::off, true, ""},
      MadeSafe{Power::off, false, "relay: gone"},
      HostLoad{20s, 13s, 1s, 4s},
      HostLoad{20s, 13s, 0s, std::nullopt},
      Note{std::string("a\0b", 3)},
      BootEnded{{{"com1", 16}, {"log", 0}}},
  };
  std::vector<Event> events;
  for (const EventBody& body : bodies) {
    const auto number = events.size() + 1;
    const bool of_the_run = std::holds_alternative<StopRequested>(body) || std::holds_alternative<MadeSafe>(body);
    events.push_back({number, origin + number * 1s, of_the_run ? 0 : 3, body});
  }
  return events;
}

}  // namespace coldboot

#include "drivers/catalog.hpp"

#include "drivers/command/command_driver.hpp"
#include "drivers/console_command/command_console_driver.hpp"
#include "drivers/dli/dli_driver.hpp"
#include "drivers/flashrom/flashrom_driver.hpp"
#include "drivers/flashrom/flashrom_inside_driver.hpp"
#include "drivers/ftdi_relay/ftdi_relay_driver.hpp"
#include "drivers/gpio/gpio_driver.hpp"
#include "drivers/gude/gude_driver.hpp"
#include "drivers/hid_relay/hid_relay_driver.hpp"
#include "drivers/http/http_driver.hpp"
#include "drivers/image_file/image_file_driver.hpp"
#include "drivers/labgrid/labgrid_driver.hpp"
#include "drivers/netio/netio_driver.hpp"
#include "drivers/pdudaemon/pdudaemon_driver.hpp"
#include "drivers/pty/pty_driver.hpp"
#include "drivers/qemu/qemu_driver.hpp"
#include "drivers/replay/replay_driver.hpp"
#include "drivers/rte/rte_driver.hpp"
#include "drivers/sdwire/sdwire_driver.hpp"
#include "drivers/serial_relay/serial_relay_driver.hpp"
#include "drivers/shelly/shelly_driver.hpp"
#include "drivers/snmp_pdu/snmp_pdu_driver.hpp"
#include "drivers/tasmota/tasmota_driver.hpp"
#include "drivers/tcp/tcp_driver.hpp"
#include "drivers/telnet/telnet_driver.hpp"
#include "drivers/tty/tty_driver.hpp"
#include "drivers/unix_socket/unix_socket_driver.hpp"
#include "drivers/usb_hub/usb_hub_driver.hpp"
#include "drivers/usb_sd_mux/usb_sd_mux_driver.hpp"

namespace coldboot {

Catalog driver_catalog() {
  return {
      .power = {{"qemu", qemu_power_keys(), &open_qemu_power},
                {"replay", replay_power_keys(), &open_replay_power, true}},
      .consoles =
          {{"command", command_console_keys(), &open_command_console},
           {"pty", pty_keys(), &open_pty},
           {"qemu", qemu_console_keys(), &open_qemu_console},
           {"replay", replay_console_keys(), &open_replay_console, true},
           {.name = "tcp", .keys = tcp_console_keys(), .open = &open_tcp_console, .reach = Reach::network},
           {.name = "telnet", .keys = telnet_console_keys(), .open = &open_telnet_console, .reach = Reach::network},
           {.name = "tty", .keys = tty_keys(), .open = &open_tty, .find = &attached_ttys, .mend = &mend_tty},
           {"unix-socket", unix_socket_keys(), &open_unix_socket}},
      .media =
          {{.name = "file", .keys = image_file_keys(), .open = &open_image_file, .check_image = &check_written_image},
           {"qemu-flash", qemu_flash_keys(), &open_qemu_flash, false, &check_qemu_flash},
           {"qemu-sd", qemu_sd_keys(), &open_qemu_sd, false, &check_qemu_sd},
           {"replay", replay_medium_keys(), &open_replay_medium, true, &check_replay_image},
           {.name = "sdwire",
            .keys = sdwire_keys(),
            .open = &open_sdwire,
            .check_image = &check_written_image,
            .find = &attached_sdwires},
           {.name = "sdwire3", .keys = sdwire3_keys(), .open = &open_sdwire3, .check_image = &check_written_image},
           {.name = "usb-sd-mux",
            .keys = usb_sd_mux_keys(),
            .open = &open_usb_sd_mux,
            .check_image = &check_written_image}},
      .ports = {{"qemu", qemu_port_keys(), &open_qemu_port}},
      .relays =
          {{"command", command_relay_keys(), &open_command_relay},
           {.name = "dli", .keys = dli_keys(), .open = &open_dli, .reach = Reach::network},
           {.name = "ftdi-relay", .keys = ftdi_relay_keys(), .open = &open_ftdi_relay, .find = &attached_ftdi_relays},
           {.name = "gude", .keys = gude_keys(), .open = &open_gude, .reach = Reach::network},
           {.name = "hid-relay", .keys = hid_relay_keys(), .open = &open_hid_relay, .find = &attached_hid_relays},
           {.name = "http", .keys = http_keys(), .open = &open_http, .reach = Reach::network},
           {.name = "labgrid", .keys = labgrid_keys(), .open = &open_labgrid, .reach = Reach::reserved},
           {.name = "lcus-hid-relay",
            .keys = lcus_hid_relay_keys(),
            .open = &open_lcus_hid_relay,
            .find = &attached_lcus_hid_relays},
           {.name = "netio", .keys = netio_keys(), .open = &open_netio, .reach = Reach::network},
           {.name = "pdudaemon", .keys = pdudaemon_keys(), .open = &open_pdudaemon, .reach = Reach::network},
           {.name = "rte", .keys = rte_relay_keys(), .open = &open_rte_relay, .reach = Reach::network},
           {.name = "serial-relay",
            .keys = serial_relay_keys(),
            .open = &open_serial_relay,
            .find = &attached_serial_relays,
            .mend = &mend_serial_relay},
           {.name = "shelly", .keys = shelly_keys(), .open = &open_shelly, .reach = Reach::network},
           {.name = "snmp-pdu", .keys = snmp_pdu_keys(), .open = &open_snmp_pdu, .reach = Reach::network},
           {.name = "tasmota", .keys = tasmota_keys(), .open = &open_tasmota, .reach = Reach::network},
           {.name = "usb-hub", .keys = usb_hub_keys(), .open = &open_usb_hub, .find = &attached_usb_hubs}},
      .flashers = {{"flashrom", flashrom_keys(), &open_flashrom},
                   {.name = "flashrom-inside",
                    .keys = flashrom_inside_keys(),
                    .open = &open_flashrom_inside,
                    .reach = Reach::network}},
  };
}

}  // namespace coldboot

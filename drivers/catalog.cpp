#include "drivers/catalog.hpp"

#include "drivers/command/command_driver.hpp"
#include "drivers/console_command/command_console_driver.hpp"
#include "drivers/dli/dli_driver.hpp"
#include "drivers/ftdi_relay/ftdi_relay_driver.hpp"
#include "drivers/gpio/gpio_driver.hpp"
#include "drivers/gude/gude_driver.hpp"
#include "drivers/hid_relay/hid_relay_driver.hpp"
#include "drivers/http/http_driver.hpp"
#include "drivers/labgrid/labgrid_driver.hpp"
#include "drivers/netio/netio_driver.hpp"
#include "drivers/pdudaemon/pdudaemon_driver.hpp"
#include "drivers/pty/pty_driver.hpp"
#include "drivers/qemu/qemu_driver.hpp"
#include "drivers/replay/replay_driver.hpp"
#include "drivers/rte/rte_driver.hpp"
#include "drivers/serial_relay/serial_relay_driver.hpp"
#include "drivers/shelly/shelly_driver.hpp"
#include "drivers/snmp_pdu/snmp_pdu_driver.hpp"
#include "drivers/tasmota/tasmota_driver.hpp"
#include "drivers/tcp/tcp_driver.hpp"
#include "drivers/telnet/telnet_driver.hpp"
#include "drivers/tty/tty_driver.hpp"
#include "drivers/unix_socket/unix_socket_driver.hpp"
#include "drivers/usb_hub/usb_hub_driver.hpp"

namespace coldboot {

Catalog driver_catalog() {
  return {
      .power = {{"qemu", qemu_power_keys(), &open_qemu_power},
                {"replay", replay_power_keys(), &open_replay_power, true}},
      .consoles = {{"command", command_console_keys(), &open_command_console},
                   {"pty", pty_keys(), &open_pty},
                   {"qemu", qemu_console_keys(), &open_qemu_console},
                   {"replay", replay_console_keys(), &open_replay_console, true},
                   {"tcp", tcp_console_keys(), &open_tcp_console},
                   {"telnet", telnet_console_keys(), &open_telnet_console},
                   {"tty", tty_keys(), &open_tty},
                   {"unix-socket", unix_socket_keys(), &open_unix_socket}},
      .media = {{"qemu-flash", qemu_flash_keys(), &open_qemu_flash, false, &check_qemu_flash},
                {"qemu-sd", qemu_sd_keys(), &open_qemu_sd, false, &check_qemu_sd},
                {"replay", replay_medium_keys(), &open_replay_medium, true, &check_replay_image}},
      .ports = {{"qemu", qemu_port_keys(), &open_qemu_port}},
      .relays = {{"command", command_relay_keys(), &open_command_relay},
                 {"dli", dli_keys(), &open_dli},
                 {"ftdi-relay", ftdi_relay_keys(), &open_ftdi_relay},
                 {"gpio", gpio_keys(), &open_gpio},
                 {"gude", gude_keys(), &open_gude},
                 {"hid-relay", hid_relay_keys(), &open_hid_relay},
                 {"http", http_keys(), &open_http},
                 {"labgrid", labgrid_keys(), &open_labgrid},
                 {"lcus-hid-relay", lcus_hid_relay_keys(), &open_lcus_hid_relay},
                 {"netio", netio_keys(), &open_netio},
                 {"pdudaemon", pdudaemon_keys(), &open_pdudaemon},
                 {"rte", rte_relay_keys(), &open_rte_relay},
                 {"serial-relay", serial_relay_keys(), &open_serial_relay},
                 {"shelly", shelly_keys(), &open_shelly},
                 {"snmp-pdu", snmp_pdu_keys(), &open_snmp_pdu},
                 {"tasmota", tasmota_keys(), &open_tasmota},
                 {"usb-hub", usb_hub_keys(), &open_usb_hub}},
  };
}

}  // namespace coldboot

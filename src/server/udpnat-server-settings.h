#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatServerSetting:
 *
 * What can be set, by an option of the command line or by the key of the same name in the file.
 */
typedef enum
{
  UDPNAT_SERVER_SETTING_IP,
  UDPNAT_SERVER_SETTING_PORT,
  UDPNAT_SERVER_SETTING_ALT_PORT,
  UDPNAT_SERVER_SETTING_ALT_IP,
  UDPNAT_SERVER_SETTING_TUNNEL_PORT,
  UDPNAT_SERVER_SETTING_TLS_CERT,
  UDPNAT_SERVER_SETTING_TLS_KEY,
  UDPNAT_SERVER_SETTING_STATE_DIR,
  UDPNAT_SERVER_SETTING_IDLE_EXIT,
  UDPNAT_SERVER_SETTING_DIRECTORY_MODE,
  UDPNAT_SERVER_SETTING_MAILBOX,
  UDPNAT_SERVER_SETTING_MAILBOX_DAYS,
  UDPNAT_SERVER_SETTING_MAILBOX_SIZE,
  UDPNAT_SERVER_SETTING_MAILBOX_TOTAL,
  UDPNAT_SERVER_SETTING_RELAY_RATE,
  UDPNAT_SERVER_SETTING_REGISTRATION,
  UDPNAT_SERVER_SETTING_ALLOW_LIST,
  UDPNAT_SERVER_SETTING_PUBLIC_NAME,
  UDPNAT_SERVER_SETTING_MAP_PORT,
  UDPNAT_SERVER_SETTING_PRINT_ADDRESS,
  UDPNAT_SERVER_SETTING_DIRECTORY,
  UDPNAT_SERVER_SETTING_DIRECTORY_PASSWORD_FILE,
  UDPNAT_SERVER_SETTING_DIRECTORY_CA,
  UDPNAT_SERVER_SETTING_NODE_ADDRESS,
  UDPNAT_SERVER_SETTING_WATCH_INTERVAL,
  UDPNAT_SERVER_SETTING_STATUS_ADDRESS,
  UDPNAT_SERVER_SETTING_LOG_EVENTS,
  UDPNAT_SERVER_SETTING_LOG_NAMES,
  UDPNAT_SERVER_SETTING_LOG_ADDRESSES,
} UdpnatServerSetting;

#define UDPNAT_N_SERVER_SETTINGS (UDPNAT_SERVER_SETTING_LOG_ADDRESSES + 1)

/* The whole of a commented file is 4 KiB. */
#define UDPNAT_SERVER_SETTINGS_FILE_BYTES (64 * 1024)

/**
 * UdpnatServerSettings:
 *
 * What was written, as text, where, and what is wrong with it: all of it, so that nobody has to
 * mend one fault to hear of the next.
 */
typedef struct _UdpnatServerSettings UdpnatServerSettings;

UdpnatServerSettings *udpnat_server_settings_new  (void) G_GNUC_WARN_UNUSED_RESULT;
void                  udpnat_server_settings_free (UdpnatServerSettings *self);

const char *udpnat_server_setting_get_name      (UdpnatServerSetting         setting);
gboolean    udpnat_server_setting_find          (const char                 *name,
                                                 UdpnatServerSetting        *out_setting);

void        udpnat_server_settings_add_option   (UdpnatServerSettings       *self,
                                                 UdpnatServerSetting         setting,
                                                 const char                 *text);
gboolean    udpnat_server_settings_read_file    (UdpnatServerSettings       *self,
                                                 const char                 *path,
                                                 gboolean                    may_be_absent);
void        udpnat_server_settings_read_text    (UdpnatServerSettings       *self,
                                                 const char                 *path,
                                                 const char                 *text,
                                                 gsize                       n_text);
const char *udpnat_server_settings_get_text     (const UdpnatServerSettings *self,
                                                 UdpnatServerSetting         setting);
gboolean    udpnat_server_settings_is_option    (const UdpnatServerSettings *self,
                                                 UdpnatServerSetting         setting);

const char *udpnat_server_settings_describe     (UdpnatServerSettings       *self,
                                                 UdpnatServerSetting         setting);
void        udpnat_server_settings_add_fault    (UdpnatServerSettings       *self,
                                                 UdpnatServerSetting         setting,
                                                 const char                 *format,
                                                 ...) G_GNUC_PRINTF (3, 4);
guint       udpnat_server_settings_count_faults (const UdpnatServerSettings *self);
gboolean    udpnat_server_settings_check        (const UdpnatServerSettings *self,
                                                 GError                    **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatServerSettings, udpnat_server_settings_free)

G_END_DECLS

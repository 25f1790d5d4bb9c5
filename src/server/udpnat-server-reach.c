/* Tells where the server can be reached, and has the router let people in from outside when that is
 * asked for.
 *
 * The server does this itself rather than whoever starts it, because it may outlive them: a mapping
 * lasts exactly as long as the server. The file is a GKeyFile:
 *
 *   [server] pid, port, key; status, where it says how it does, unless it does not
 *   [outside] address and protocol; or code and message, why there is none; or nothing yet
 *
 * A server that was killed leaves it behind: it is true only while the directory is locked. */

#include "config.h"

#include "udpnat-server-reach.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

#include "udpnat-port-mapper.h"
#include "udpnat-server-log.h"

#define FILE_NAME "running"

struct _UdpnatServerReach
{
  char             *path;
  GKeyFile         *file;
  guint16           port;
  UdpnatPortMapper *mapper; /* nullable */
};

/* Being found is not worth stopping for. */
static void
save (UdpnatServerReach *self)
{
  g_autoptr (GError) error = NULL;

  if (!g_key_file_save_to_file (self->file, self->path, &error))
    g_debug ("%s", error->message);
}

/** udpnat_server_reach_new: @status_address: (nullable): where the server says how it does */
UdpnatServerReach *
udpnat_server_reach_new (const UdpnatStateDir *state_dir,
                         guint16               port,
                         const char           *key_text,
                         const char           *status_address)
{
  UdpnatServerReach *self = g_new0 (UdpnatServerReach, 1);

  self->path = udpnat_state_dir_dup_file (state_dir, FILE_NAME);
  self->port = port;
  self->file = g_key_file_new ();
  g_key_file_set_integer (self->file, "server", "pid", (int) getpid ());
  g_key_file_set_integer (self->file, "server", "port", port);
  g_key_file_set_string (self->file, "server", "key", key_text);
  if (status_address != NULL)
    g_key_file_set_string (self->file, "server", "status", status_address);
  save (self);
  return self;
}

static void
take_mapping (UdpnatServerReach       *self,
              const UdpnatPortMapping *mapping)
{
  UdpnatPortMappingProtocol protocol = udpnat_port_mapping_get_protocol (mapping);
  char text[UDPNAT_ADDRESS_TEXT_BYTES];
  const char *name;

  udpnat_address_to_string (udpnat_port_mapping_get_external (mapping), text);
  g_key_file_set_string (self->file, "outside", "address", text);
  g_key_file_set_string (self->file, "outside", "protocol",
                         udpnat_port_mapping_protocol_to_name (protocol));
  save (self);
  switch (protocol)
    {
    case UDPNAT_PORT_MAPPING_PROTOCOL_NONE:
      udpnat_server_log_say (_("reachable from outside at %s"), text);
      break;
    case UDPNAT_PORT_MAPPING_PROTOCOL_PCP:
    case UDPNAT_PORT_MAPPING_PROTOCOL_NAT_PMP:
    case UDPNAT_PORT_MAPPING_PROTOCOL_UPNP:
      name = udpnat_port_mapping_protocol_to_name (protocol);
      if (udpnat_port_mapping_has_extra (mapping))
        /* Translators: an address outside, and by which protocol the router was asked. */
        udpnat_server_log_say (_("mapped at %s (%s, second port too)"), text, name);
      else
        /* Translators: an address outside, and by which protocol the router was asked. */
        udpnat_server_log_say (_("mapped at %s (%s)"), text, name);
      break;
    }
}

/* The line comes after the file: it is what makes others look there. */
static void
mapper_changed_cb (gpointer user_data)
{
  UdpnatServerReach *self = user_data;
  const UdpnatPortMapping *mapping = udpnat_port_mapper_get_mapping (self->mapper);
  const GError *error = udpnat_port_mapper_get_error (self->mapper);
  const char *code;

  g_key_file_remove_group (self->file, "outside", NULL);
  if (mapping != NULL)
    take_mapping (self, mapping);
  else if (error != NULL)
    {
      code = udpnat_port_mapping_error_to_code (error->code);
      g_key_file_set_string (self->file, "outside", "code", code);
      g_key_file_set_string (self->file, "outside", "message", error->message);
      save (self);
      /* Translators: a word for programs, and a sentence that says why. */
      udpnat_server_log_say (_("not mapped (%s): %s"), code, error->message);
    }
  fflush (stdout);
}

/** udpnat_server_reach_ask_router: @alt_port: 0 for none */
void
udpnat_server_reach_ask_router (UdpnatServerReach *self,
                                guint16            alt_port)
{
  self->mapper = udpnat_port_mapper_new (self->port, alt_port, mapper_changed_cb, self);
}

static void
stopped_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  gboolean *is_stopped = user_data;

  udpnat_port_mapper_stop_finish (result);
  *is_stopped = TRUE;
}

/** udpnat_server_reach_read_status: Returns: (transfer full) (nullable): where the server of this
 * directory says how it does */
char *
udpnat_server_reach_read_status (const char *state_dir)
{
  g_autofree char *path = g_build_filename (state_dir, FILE_NAME, NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL))
    return NULL;
  /* raw: nothing in it is escaped, and GLib 2.74 reads on behind a last backslash */
  return g_key_file_get_value (file, "server", "status", NULL);
}

/** udpnat_server_reach_close: closes the port at the router, which may take 2 s */
void
udpnat_server_reach_close (UdpnatServerReach *self)
{
  gboolean is_stopped = FALSE;

  if (self == NULL)
    return;
  if (self->mapper != NULL)
    {
      udpnat_port_mapper_stop_async (self->mapper, stopped_cb, &is_stopped);
      while (!is_stopped)
        g_main_context_iteration (NULL, TRUE);
      udpnat_port_mapper_free (self->mapper);
    }
  g_unlink (self->path);
  g_key_file_unref (self->file);
  g_free (self->path);
  g_free (self);
}

/* What can be found out about servers on this machine without asking one: whether there is a
 * program, whether a port is taken, and what a running server has written down.
 *
 * The lock and the file are the server's: udpnat-state-dir.c and udpnat-server-reach.c. */

#include "config.h"

#include "udpnat-host-private.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "udpnat-file-io.h"
#include "udpnat-sockaddr.h"

/** udpnat_host_find_program: Returns: (transfer full) (nullable): where udpnat-server is */
char *
udpnat_host_find_program (void)
{
  g_autofree char *self_path = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = self_path != NULL ? g_path_get_dirname (self_path) : g_strdup (".");
  /* Installed side by side, or in a build tree. */
  g_autofree char *installed = g_build_filename (folder, "udpnat-server", NULL);
  g_autofree char *built = g_build_filename (folder, "..", "server", "udpnat-server", NULL);

  if (g_file_test (installed, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&installed);
  if (g_file_test (built, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&built);
  return g_find_program_in_path ("udpnat-server");
}

/** udpnat_host_is_port_taken: whether some program has the UDP port already */
gboolean
udpnat_host_is_port_taken (guint16 port)
{
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
                                             G_SOCKET_PROTOCOL_UDP, NULL);
  g_autoptr (GInetAddress) any = g_inet_address_new_any (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (any, port);

  return socket != NULL && !g_socket_bind (socket, address, FALSE, NULL);
}

/** udpnat_host_is_own_ip: whether what is sent there arrives at this computer: the kernel binds a
 * socket to no address of anybody else */
gboolean
udpnat_host_is_own_ip (const UdpnatAddress *address)
{
  struct sockaddr_storage name = { 0 };
  UdpnatAddress any_port = *address;
  socklen_t n_name;
  gboolean is_own;
  int fd;

  any_port.port = 0;
  n_name = udpnat_sockaddr_from_address (&name, &any_port);
  fd = socket (name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return FALSE;
  is_own = bind (fd, (struct sockaddr *) &name, n_name) == 0;
  close (fd);
  return is_own;
}

/* Nothing that a server writes there has to be escaped: what is, is damaged, and GLib 2.74 reads on
 * behind the end of a value that ends with a backslash. */
static char *
dup_value (GKeyFile   *file,
           const char *group,
           const char *key)
{
  g_autofree char *value = g_key_file_get_value (file, group, key, NULL);

  if (value == NULL || strchr (value, '\\') != NULL || !g_utf8_validate (value, -1, NULL))
    return NULL;
  return g_steal_pointer (&value);
}

/** udpnat_host_record_read: Returns: whether a server runs there and has said what it is */
gboolean
udpnat_host_record_read (UdpnatHostRecord *self,
                         const char       *state_dir)
{
  g_autofree char *lock = g_build_filename (state_dir, "lock", NULL);
  g_autofree char *path = g_build_filename (state_dir, "running", NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  int port;

  *self = (UdpnatHostRecord) { 0 };
  if (!udpnat_file_io_is_locked (lock) ||
      !g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL))
    return FALSE;
  port = g_key_file_get_integer (file, "server", "port", NULL);
  self->pid = g_key_file_get_integer (file, "server", "pid", NULL);
  if (self->pid <= 1 || port <= 0 || port > G_MAXUINT16)
    return FALSE;
  self->port = (guint16) port;
  self->key_text = dup_value (file, "server", "key");
  self->outside = dup_value (file, "outside", "address");
  self->protocol = dup_value (file, "outside", "protocol");
  self->reason = dup_value (file, "outside", "code");
  return TRUE;
}

void
udpnat_host_record_clear (UdpnatHostRecord *self)
{
  g_clear_pointer (&self->key_text, g_free);
  g_clear_pointer (&self->outside, g_free);
  g_clear_pointer (&self->protocol, g_free);
  g_clear_pointer (&self->reason, g_free);
  self->pid = 0;
}

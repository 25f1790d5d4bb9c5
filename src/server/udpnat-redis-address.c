/* Where a Redis is: redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], or unix:/path for a socket on
 * this machine, as others write it, too. */

#include "config.h"

#include "udpnat-redis.h"

#define REDIS_PORT 6379
#define DATABASE_MAX 15

static gboolean
take_database (UdpnatRedisAddress *self,
               const char         *path)
{
  guint64 database;

  if (*path == '\0' || g_str_equal (path, "/"))
    return TRUE;
  if (!g_ascii_string_to_unsigned (path + 1, 10, 0, DATABASE_MAX, &database, NULL))
    return FALSE;
  self->database = (guint) database;
  return TRUE;
}

static gboolean
take_uri (UdpnatRedisAddress *self,
          GUri               *uri)
{
  const char *scheme = g_uri_get_scheme (uri);
  const char *host = g_uri_get_host (uri);

  self->user = g_strdup (g_uri_get_user (uri));
  self->password = g_strdup (g_uri_get_password (uri));
  if (self->user != NULL && *self->user == '\0')
    g_clear_pointer (&self->user, g_free);
  if (g_str_equal (scheme, "unix"))
    {
      self->path = g_strdup (g_uri_get_path (uri));
      return *self->path == '/' && (host == NULL || *host == '\0');
    }
  if (!g_str_equal (scheme, "redis") || host == NULL || *host == '\0'
      || g_uri_get_port (uri) == 0)
    return FALSE;
  self->host = g_strdup (host);
  self->port = g_uri_get_port (uri) > 0 ? (guint16) g_uri_get_port (uri) : REDIS_PORT;
  return take_database (self, g_uri_get_path (uri));
}

/** udpnat_redis_address_parse: @out_address: (out caller-allocates): to be cleared on success */
gboolean
udpnat_redis_address_parse (UdpnatRedisAddress *out_address,
                            const char         *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_HAS_PASSWORD, NULL);
  g_auto (UdpnatRedisAddress) address = { 0 };

  if (uri == NULL || !take_uri (&address, uri))
    return FALSE;
  *out_address = address;
  address = (UdpnatRedisAddress) { 0 };
  return TRUE;
}

void
udpnat_redis_address_clear (UdpnatRedisAddress *self)
{
  g_clear_pointer (&self->host, g_free);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->user, g_free);
  g_clear_pointer (&self->password, g_free);
}

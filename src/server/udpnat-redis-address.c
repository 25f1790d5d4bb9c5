/* Where a Redis is: redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], rediss://… for the same with
 * TLS, or unix:/path for a socket on this machine, as others write it, too. */

#include "config.h"

#include "udpnat-redis.h"

#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-server-error.h"

#define REDIS_PORT 6379
#define DATABASE_MAX 15
#define PASSWORD_MAX_BYTES 4096

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
  self->is_tls = g_str_equal (scheme, "rediss");
  if ((!self->is_tls && !g_str_equal (scheme, "redis")) || host == NULL || *host == '\0'
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

/** udpnat_redis_address_copy: @out_address: (out caller-allocates): to be cleared */
void
udpnat_redis_address_copy (UdpnatRedisAddress       *out_address,
                           const UdpnatRedisAddress *address)
{
  *out_address = (UdpnatRedisAddress) {
    .host = g_strdup (address->host),
    .port = address->port,
    .path = g_strdup (address->path),
    .user = g_strdup (address->user),
    .password = g_strdup (address->password),
    .database = address->database,
    .is_tls = address->is_tls,
    .ca_file = g_strdup (address->ca_file),
  };
}

/* ---- What stands in files ---- */

static gboolean
read_password (UdpnatRedisAddress *self,
               const char         *path,
               GError            **error)
{
  g_autoptr (GError) cause = NULL;
  g_autofree char *shown = g_filename_display_name (path);
  g_autofree char *text = NULL;
  gsize n_text;

  if (!g_file_get_contents (path, &text, &n_text, &cause))
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG,
                   /* Translators: why a file cannot be read. */
                   _("directory-password-file: %s. Let the user that the server runs as read it, "
                     "or name another file."), cause->message);
      return FALSE;
    }
  text[strcspn (text, "\r\n")] = '\0';
  g_free (self->password);
  self->password = g_strdup (text);
  if (n_text <= PASSWORD_MAX_BYTES && *text != '\0')
    return TRUE;
  g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG,
               _("directory-password-file: %s does not begin with a password: write it into the "
                 "first line."), shown);
  return FALSE;
}

static gboolean
check_tls (const UdpnatRedisAddress *self,
           GError                  **error)
{
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GError) cause = NULL;

  if (!self->is_tls)
    return TRUE;
  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_set_error_literal (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG,
                           _("directory: TLS is not to be had: install glib-networking."));
      return FALSE;
    }
  if (self->ca_file == NULL)
    return TRUE;
  database = g_tls_file_database_new (self->ca_file, &cause);
  if (database != NULL)
    return TRUE;
  g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG,
               /* Translators: a file, and why it cannot be used. */
               _("directory-ca: %s: %s. Name a file with certificates, as PEM."), self->ca_file,
               cause->message);
  return FALSE;
}

/**
 * udpnat_redis_address_load:
 * @out_address: (out caller-allocates): to be cleared on success
 * @url: as udpnat_redis_address_parse() takes it
 * @password_file: (nullable): with the password in its first line
 * @ca_file: (nullable): absolute; with certificates, as PEM
 *
 * Returns: %FALSE with %UDPNAT_SERVER_ERROR_CONFIG
 */
gboolean
udpnat_redis_address_load (UdpnatRedisAddress *out_address,
                           const char         *url,
                           const char         *password_file,
                           const char         *ca_file,
                           GError            **error)
{
  g_auto (UdpnatRedisAddress) address = { 0 };

  if (!udpnat_redis_address_parse (&address, url))
    g_assert_not_reached (); /* the configuration has been checked */
  address.ca_file = g_strdup (ca_file);
  if ((password_file != NULL && !read_password (&address, password_file, error))
      || !check_tls (&address, error))
    return FALSE;
  *out_address = address;
  address = (UdpnatRedisAddress) { 0 };
  return TRUE;
}

/** udpnat_redis_address_dup_masked: Returns: (transfer full): @url, whatever it is, with an
 * asterisk for its password: for people */
char *
udpnat_redis_address_dup_masked (const char *url)
{
  const char *begin = strstr (url, "://");
  const char *at = begin != NULL ? strrchr (begin, '@') : NULL;
  const char *colon = at != NULL ? memchr (begin + 3, ':', (gsize) (at - begin - 3)) : NULL;

  if (colon == NULL)
    return g_strdup (url);
  return g_strdup_printf ("%.*s:*%s", (int) (colon - url), url, at);
}

void
udpnat_redis_address_clear (UdpnatRedisAddress *self)
{
  g_clear_pointer (&self->host, g_free);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->user, g_free);
  g_clear_pointer (&self->password, g_free);
  g_clear_pointer (&self->ca_file, g_free);
}

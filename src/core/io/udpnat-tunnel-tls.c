/* TLS by GnuTLS itself and not by GIO: there each handshake keeps a thread of the pool that the
 * disk needs too, and a stranger decides how long (DECISIONS.md, "The tunnel"). */

#include "config.h"

#include "udpnat-tunnel-tls-private.h"

#include <gio/gio.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <string.h>

#define SELF_SIGNED_YEARS 20
#define SERIAL_BYTES 8
#define SECONDS_PER_DAY 86400

struct _UdpnatTunnelTls
{
  gnutls_certificate_credentials_t credentials;
  gboolean                         is_server;
};

static UdpnatTunnelTls *
tls_new (gboolean is_server)
{
  UdpnatTunnelTls *self = g_new0 (UdpnatTunnelTls, 1);

  if (gnutls_certificate_allocate_credentials (&self->credentials) != GNUTLS_E_SUCCESS)
    g_error ("GnuTLS has no memory");
  self->is_server = is_server;
  return self;
}

/** udpnat_tunnel_tls_new_client: takes whatever certificate a server has */
UdpnatTunnelTls *
udpnat_tunnel_tls_new_client (void)
{
  return tls_new (FALSE);
}

/**
 * udpnat_tunnel_tls_new_server:
 * @certificate: PEM, with the chain that belongs to it
 * @key: PEM; may be the same text
 *
 * Returns: (transfer full) (nullable): %NULL with %UDPNAT_IO_ERROR_FAILED
 */
UdpnatTunnelTls *
udpnat_tunnel_tls_new_server (const char *certificate,
                              const char *key,
                              GError    **error)
{
  g_autoptr (UdpnatTunnelTls) self = tls_new (TRUE);
  gnutls_datum_t certificate_datum = { (guint8 *) certificate, (guint) strlen (certificate) };
  gnutls_datum_t key_datum = { (guint8 *) key, (guint) strlen (key) };
  int code = gnutls_certificate_set_x509_key_mem (self->credentials, &certificate_datum,
                                                  &key_datum, GNUTLS_X509_FMT_PEM);

  if (code < 0)
    {
      g_set_error (error, UDPNAT_IO_ERROR, UDPNAT_IO_ERROR_FAILED, "%s", gnutls_strerror (code));
      return NULL;
    }
  return g_steal_pointer (&self);
}

void
udpnat_tunnel_tls_free (UdpnatTunnelTls *self)
{
  if (self == NULL)
    return;
  gnutls_certificate_free_credentials (self->credentials);
  g_free (self);
}

/**
 * udpnat_tunnel_tls_start:
 * @fd: connected, and not blocking
 * @host: (nullable): whom a client asks for, as a browser would
 *
 * Returns: (transfer full): free it with gnutls_deinit(); the handshake is its owner's
 */
gnutls_session_t
udpnat_tunnel_tls_start (UdpnatTunnelTls *self,
                         int              fd,
                         const char      *host)
{
  const guint common = GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL;
  gnutls_session_t session;

  if (gnutls_init (&session, self->is_server ? common | GNUTLS_SERVER | GNUTLS_NO_TICKETS
                                             : common | GNUTLS_CLIENT)
        != GNUTLS_E_SUCCESS
      || gnutls_set_default_priority (session) != GNUTLS_E_SUCCESS
      || gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE, self->credentials)
           != GNUTLS_E_SUCCESS)
    g_error ("GnuTLS does not work on this machine");
  if (host != NULL && !g_hostname_is_ip_address (host))
    gnutls_server_name_set (session, GNUTLS_NAME_DNS, host, strlen (host));
  gnutls_transport_set_int (session, fd);
  return session;
}

/* ---- A certificate of our own ---- */

static int
fill_certificate (gnutls_x509_crt_t     certificate,
                  gnutls_x509_privkey_t key)
{
  const time_t now = (time_t) (g_get_real_time () / G_USEC_PER_SEC);
  guint8 serial[SERIAL_BYTES];
  int code = gnutls_x509_privkey_generate (
    key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0);

  if (code >= 0)
    code = gnutls_rnd (GNUTLS_RND_NONCE, serial, sizeof serial);
  serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, and as long as it says */
  if (code >= 0)
    code = gnutls_x509_crt_set_serial (certificate, serial, sizeof serial);
  if (code >= 0)
    code = gnutls_x509_crt_set_version (certificate, 3);
  if (code >= 0)
    code = gnutls_x509_crt_set_dn (certificate, "CN=localhost", NULL);
  if (code >= 0)
    code = gnutls_x509_crt_set_activation_time (certificate, now - SECONDS_PER_DAY);
  if (code >= 0)
    code = gnutls_x509_crt_set_expiration_time (certificate,
                                                now + SELF_SIGNED_YEARS * 365 * SECONDS_PER_DAY);
  if (code >= 0)
    code = gnutls_x509_crt_set_key (certificate, key);
  if (code >= 0)
    code = gnutls_x509_crt_sign2 (certificate, certificate, key, GNUTLS_DIG_SHA256, 0);
  return code;
}

static char *
export_both (gnutls_x509_crt_t     certificate,
             gnutls_x509_privkey_t key)
{
  gnutls_datum_t certificate_pem = { NULL, 0 };
  gnutls_datum_t key_pem = { NULL, 0 };
  char *both = NULL;

  if (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &certificate_pem) >= 0
      && gnutls_x509_privkey_export2 (key, GNUTLS_X509_FMT_PEM, &key_pem) >= 0)
    both = g_strdup_printf ("%.*s%.*s", (int) certificate_pem.size, certificate_pem.data,
                            (int) key_pem.size, key_pem.data);
  gnutls_free (certificate_pem.data);
  gnutls_free (key_pem.data);
  return both;
}

/**
 * udpnat_tunnel_tls_make_self_signed:
 *
 * Returns: (transfer full) (nullable): a new certificate and its key in one text, to be kept; %NULL
 *   when GnuTLS cannot make one here
 */
char *
udpnat_tunnel_tls_make_self_signed (void)
{
  gnutls_x509_crt_t certificate = NULL;
  gnutls_x509_privkey_t key = NULL;
  char *both = NULL;
  int code = gnutls_x509_crt_init (&certificate);

  if (code >= 0)
    code = gnutls_x509_privkey_init (&key);
  if (code >= 0)
    code = fill_certificate (certificate, key);
  if (code >= 0)
    both = export_both (certificate, key);
  if (both == NULL)
    g_debug ("no certificate: %s", gnutls_strerror (code));
  g_clear_pointer (&certificate, gnutls_x509_crt_deinit);
  g_clear_pointer (&key, gnutls_x509_privkey_deinit);
  return both;
}

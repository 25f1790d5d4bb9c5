/* Links to people, as they are mailed, scanned and typed:
 *
 *     udpnat:name@server:port?key=…      what udpnat_link_to_string() writes
 *     name@server:port, name             what people type
 *
 * Rules of RFC 3986: in a link every character of a name may be percent-encoded, and those that
 * mean something in a link must be. What is typed without "udpnat:" is taken as it is: a name may
 * have a "%" or a "?" in it. Either way the last "@" begins the server.
 *
 * A link comes from anywhere. Nothing in it is skipped or guessed at: a character in a wrong place
 * could make it somebody else's name. Only parameters "x=y" that are not known are passed over, so
 * that later versions can add some. */

#include "config.h"

#include "udpnat-link.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "udpnat-address.h"
#include "udpnat-error.h"
#include "udpnat-limits.h"
#include "udpnat-name.h"

#define SCHEME "udpnat:"
/* RFC 1035 section 2.3.4. */
#define HOST_MAX_BYTES 253
#define LABEL_MAX_BYTES 63
#define QUOTED_MAX_CHARACTERS 60
#define UNPRINTABLE 0xfffd /* REPLACEMENT CHARACTER */

/**
 * udpnat_link_new:
 * @name: as udpnat_name_normalize() gives it
 * @server_host: (nullable): as in #UdpnatLink
 * @server_port: 0 for the usual one
 * @key: (nullable): whose name it is
 *
 * Returns: (transfer full): a link
 */
UdpnatLink *
udpnat_link_new (const char            *name,
                 const char            *server_host,
                 guint16                server_port,
                 const UdpnatPublicKey *key)
{
  UdpnatLink *self = g_new0 (UdpnatLink, 1);

  self->name = g_strdup (name);
  self->server_host = g_strdup (server_host);
  self->server_port = server_port != 0 ? server_port : UDPNAT_SERVER_PORT;
  self->has_key = key != NULL;
  if (key != NULL)
    self->key = *key;
  return self;
}

/** udpnat_link_free: @self: (nullable) */
void
udpnat_link_free (UdpnatLink *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_free (self->server_host);
  g_free (self);
}

/* As much of what was wrong as a sentence can hold, and nothing that a terminal would obey. */
static char *
quote (const char *text)
{
  GString *quoted = g_string_new (NULL);
  guint n = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (n++ == QUOTED_MAX_CHARACTERS)
        {
          g_string_append (quoted, "…");
          break;
        }
      g_string_append_unichar (quoted, g_unichar_isprint (c) ? c : UNPRINTABLE);
    }
  return g_string_free (quoted, FALSE);
}

/* @wrong: (nullable): what stands for the "%s" of the sentence, which is no format of printf(): a
 * "%" may be what it speaks of */
static gboolean
refuse (GError    **error,
        const char *wrong,
        const char *sentence)
{
  g_autofree char *quoted = wrong != NULL ? quote (wrong) : NULL;
  g_autoptr (GString) text = g_string_new (sentence);

  if (quoted != NULL)
    g_string_replace (text, "%s", quoted, 1);
  g_set_error_literal (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID, text->str);
  return FALSE;
}

/* ---- Parts of it ---- */

/* Only links are percent-encoded. */
static char *
decode (const char *text,
        gsize       n_text,
        gboolean    is_link,
        GError    **error)
{
  g_autofree char *part = g_strndup (text, n_text);
  g_autofree char *decoded = is_link ? g_uri_unescape_string (part, NULL) : g_strdup (part);

  if (decoded == NULL || !g_utf8_validate (decoded, -1, NULL))
    {
      refuse (error, part, _("“%s” cannot be read: after a “%” in a link there must be two "
                             "hexadecimal digits, and all of them together must be text."));
      return NULL;
    }
  return g_steal_pointer (&decoded);
}

static gboolean
parse_name (UdpnatLink *self,
            const char *text,
            gsize       n_text,
            gboolean    is_link,
            GError    **error)
{
  g_autofree char *name = decode (text, n_text, is_link, error);

  if (name == NULL)
    return FALSE;
  if (*name == '\0')
    return refuse (error, NULL, _("There is no name. A link looks like udpnat:name@server."));
  self->name = udpnat_name_normalize (name);
  if (self->name == NULL)
    return refuse (error, name, _("“%s” cannot be anybody's name: a name is 1 to 64 characters, "
                                  "without control characters or spaces at its ends."));
  return TRUE;
}

static gboolean
is_host_character (char c)
{
  return g_ascii_isalnum (c) || c == '-' || c == '_';
}

/* Labels of letters, digits and hyphens, as name servers have them; a "_" is seen in home
 * networks. */
static gboolean
is_host_name (const char *host)
{
  gsize n_label = 0;

  if (strlen (host) > HOST_MAX_BYTES)
    return FALSE;
  for (const char *p = host; *p != '\0'; p++)
    {
      if (*p == '.' ? n_label == 0 : !is_host_character (*p))
        return FALSE;
      if (*p == '-' && n_label == 0)
        return FALSE;
      n_label = *p == '.' ? 0 : n_label + 1;
      if (n_label > LABEL_MAX_BYTES)
        return FALSE;
    }
  return n_label > 0;
}

static gboolean
parse_host_name (UdpnatLink *self,
                 const char *host,
                 GError    **error)
{
  g_autofree char *ascii = NULL;

  if (*host == '\0')
    return refuse (error, NULL, _("There is no server after the “@”. Write the server's name or "
                                  "address, or leave the “@” out."));
  /* Names of other scripts are looked up in the ASCII form that RFC 3490 gives them. */
  ascii = strlen (host) <= UDPNAT_LINK_MAX_BYTES ? g_hostname_to_ascii (host) : NULL;
  if (ascii == NULL || !is_host_name (ascii))
    return refuse (error, host, _("“%s” is not the name of a server. Such a name has letters, "
                                  "digits, hyphens and dots; an IPv6 address stands in square "
                                  "brackets."));
  self->server_host = g_ascii_strdown (ascii, -1);
  return TRUE;
}

/* @ip: what stands between the brackets */
static gboolean
parse_ipv6 (UdpnatLink *self,
            const char *ip,
            GError    **error)
{
  char text[UDPNAT_ADDRESS_TEXT_BYTES];
  UdpnatAddress address;
  gsize n_text;

  if (!udpnat_address_parse_ip (&address, ip, 0) || strchr (ip, ':') == NULL)
    return refuse (error, ip, _("“%s” is not an IPv6 address."));
  udpnat_address_to_string (&address, text);
  /* "[…]:0", or "192.0.2.1:0" when it was an IPv4 address in IPv6 clothes. */
  n_text = (gsize) (strrchr (text, ':') - text);
  self->server_host = text[0] == '[' ? g_strndup (text + 1, n_text - 2) : g_strndup (text, n_text);
  return TRUE;
}

static gboolean
parse_port (UdpnatLink *self,
            const char *text,
            GError    **error)
{
  guint port = 0;
  const char *p = text;

  for (; g_ascii_isdigit (*p) && port <= G_MAXUINT16; p++)
    port = port * 10 + (guint) g_ascii_digit_value (*p);
  if (*p != '\0' || port == 0 || port > G_MAXUINT16)
    return refuse (error, text,
                   _("“%s” is not a port. A port is a number from 1 to 65535."));
  self->server_port = (guint16) port;
  return TRUE;
}

static gboolean
parse_server (UdpnatLink *self,
              const char *text,
              gsize       n_text,
              gboolean    is_link,
              GError    **error)
{
  g_autofree char *server = decode (text, n_text, is_link, error);
  char *end = NULL;

  if (server == NULL)
    return FALSE;
  if (server[0] == '[')
    {
      end = strchr (server, ']');
      if (end == NULL || (end[1] != '\0' && end[1] != ':'))
        return refuse (error, server, _("“%s” is not a server: after the address there must be a "
                                        "“]”, and nothing but a colon and a port after that."));
      *end = '\0';
      return parse_ipv6 (self, server + 1, error) &&
             (end[1] == '\0' || parse_port (self, end + 2, error));
    }
  end = strchr (server, ':');
  if (end != NULL && strchr (end + 1, ':') != NULL)
    return refuse (error, server, _("“%s” is not a server. If it is an IPv6 address, put it in "
                                    "square brackets."));
  if (end != NULL)
    *end = '\0';
  return parse_host_name (self, server, error) &&
         (end == NULL || parse_port (self, end + 1, error));
}

static gboolean
parse_key (UdpnatLink *self,
           const char *text,
           GError    **error)
{
  if (self->has_key)
    return refuse (error, NULL, _("The link has two keys."));
  if (!udpnat_public_key_parse (&self->key, text))
    return refuse (error, text, _("“%s” is not a key. A key is 52 letters and digits; perhaps the "
                                  "link has been cut off."));
  self->has_key = TRUE;
  return TRUE;
}

static gboolean
refuse_parameter (const char *parameter,
                  GError    **error)
{
  /* Translators: %3F stays as it is
   * xgettext:no-c-format */
  return refuse (error, parameter, _("“%s” in the link means nothing. If it belongs to the name: "
                                     "a “?” is written %3F in a link."));
}

/* @query: what stands after the "?" */
static gboolean
parse_query (UdpnatLink *self,
             const char *query,
             GError    **error)
{
  g_auto (GStrv) parameters = g_strsplit (query, "&", -1);

  if (*query == '\0') /* no parameters, not even an empty one */
    return refuse_parameter (query, error);
  for (guint i = 0; parameters[i] != NULL; i++)
    {
      const char *equals = strchr (parameters[i], '=');
      g_autofree char *value = NULL;

      if (equals == NULL)
        return refuse_parameter (parameters[i], error);
      value = decode (equals + 1, strlen (equals + 1), TRUE, error);
      if (value == NULL)
        return FALSE;
      if (g_str_has_prefix (parameters[i], "key=") && !parse_key (self, value, error))
        return FALSE;
    }
  return TRUE;
}

/* ---- All of it ---- */

static gboolean
parse_person (UdpnatLink *self,
              const char *text,
              gboolean    is_link,
              GError    **error)
{
  const char *at = strrchr (text, '@');

  if (at == NULL)
    return parse_name (self, text, strlen (text), is_link, error);
  return parse_name (self, text, (gsize) (at - text), is_link, error) &&
         parse_server (self, at + 1, strlen (at + 1), is_link, error);
}

/* @text: what stands after "udpnat:" */
static gboolean
parse_link (UdpnatLink *self,
            const char *text,
            GError    **error)
{
  g_autofree char *person = NULL;
  const char *question;
  gsize n_person;

  if (strchr (text, '#') != NULL)
    return refuse (error, NULL, _("A “#” means nothing in a link. If it belongs to the name, it "
                                  "is written %23."));
  if (*text == '@' && strstr (text, "invite=") != NULL)
    return refuse (error, NULL, _("This is an invitation to a server. It belongs where the "
                                  "server's address is typed; nobody is added by it."));
  question = strchr (text, '?');
  n_person = question != NULL ? (gsize) (question - text) : strlen (text);
  /* Some programs make "udpnat://name@server/" of it. */
  if (g_str_has_prefix (text, "//"))
    {
      text += 2;
      n_person -= 2;
      if (n_person > 0 && text[n_person - 1] == '/')
        n_person--;
    }
  person = g_strndup (text, n_person);
  return parse_person (self, person, TRUE, error) &&
         (question == NULL || parse_query (self, question + 1, error));
}

/**
 * udpnat_link_parse:
 * @text: a link, `name@server` or `name`; not trusted. White space around it is dropped
 * @error: %UDPNAT_ERROR_INVALID, with a sentence that says what is wrong
 *
 * Returns: (transfer full) (nullable): the link
 */
UdpnatLink *
udpnat_link_parse (const char *text,
                   GError    **error)
{
  g_autoptr (UdpnatLink) self = udpnat_link_new (NULL, NULL, 0, NULL);
  g_autofree char *stripped = NULL;
  gboolean is_right;

  g_return_val_if_fail (text != NULL, NULL);

  /* Before anything that takes time or memory in proportion to it. */
  if (strnlen (text, UDPNAT_LINK_MAX_BYTES + 1) > UDPNAT_LINK_MAX_BYTES)
    is_right = refuse (error, NULL, _("That is too long for a link."));
  else if (!g_utf8_validate (text, -1, NULL))
    is_right = refuse (error, NULL, _("That is not a link: it is not text."));
  else
    {
      stripped = g_strstrip (g_strdup (text));
      if (g_ascii_strncasecmp (stripped, SCHEME, strlen (SCHEME)) == 0)
        is_right = parse_link (self, stripped + strlen (SCHEME), error);
      else
        is_right = parse_person (self, stripped, FALSE, error);
    }
  return is_right ? g_steal_pointer (&self) : NULL;
}

static void
append_server (const UdpnatLink *self,
               GString          *link)
{
  g_string_append_c (link, '@');
  if (strchr (self->server_host, ':') != NULL)
    {
      g_autofree char *ip = g_uri_escape_string (self->server_host, ":", FALSE);

      g_string_append_printf (link, "[%s]", ip);
    }
  else
    g_string_append (link, self->server_host);
  if (self->server_port != UDPNAT_SERVER_PORT)
    g_string_append_printf (link, ":%u", self->server_port);
}

/**
 * udpnat_link_to_string:
 *
 * Returns: (transfer full): the link, in ASCII, fit for a mail, a web page and a QR code
 */
char *
udpnat_link_to_string (const UdpnatLink *self)
{
  g_autofree char *name = g_uri_escape_string (self->name, NULL, FALSE);
  GString *link = g_string_new (SCHEME);
  char key[UDPNAT_KEY_TEXT_BYTES];

  g_string_append (link, name);
  if (self->server_host != NULL)
    append_server (self, link);
  if (self->has_key)
    g_string_append_printf (link, "?key=%s", udpnat_public_key_to_string (&self->key, key));
  return g_string_free (link, FALSE);
}

/* Orders of whoever runs the server: invitations, and names and keys that are blocked or released.
 * What is ordered is on the disk before it has an effect, and has it before the answer: so whatever
 * was confirmed also holds after a crash. How orders come here is for udpnat-server-control.c.
 */

#include "config.h"

#include "udpnat-server-operator.h"

#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-allow-list.h"
#include "udpnat-limits.h"
#include "udpnat-name.h"
#include "udpnat-rendezvous-server-access.h"
#include "udpnat-server-error.h"
#include "udpnat-server-log.h"

/* Of "names", in one answer: so that nobody waits for it who wants something else of the server. */
#define NAMES_AT_ONCE 500
#define DAY_US (G_GINT64_CONSTANT (86400) * G_USEC_PER_SEC)

struct _UdpnatServerOperator
{
  UdpnatServerOperatorConfig config;
  char                      *address; /* (nullable) */
  char                      *allow_list; /* (nullable) */
};

/* A name or a key, as it was written. */
typedef struct
{
  char           *name; /* (nullable): normal; %NULL: it is a key */
  UdpnatPublicKey key;  /* of a name: whose it is, with @has_key */
  gboolean        has_key;
} Target;

static void
target_clear (Target *self)
{
  g_free (self->name);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Target, target_clear)

UdpnatServerOperator *
udpnat_server_operator_new (const UdpnatServerOperatorConfig *config)
{
  UdpnatServerOperator *self = g_new0 (UdpnatServerOperator, 1);

  self->config = *config;
  self->address = g_strdup (config->address);
  self->allow_list = g_strdup (config->allow_list);
  return self;
}

void
udpnat_server_operator_free (UdpnatServerOperator *self)
{
  if (self == NULL)
    return;
  g_free (self->allow_list);
  g_free (self->address);
  g_free (self);
}

/* @format: translated. Returns: %NULL, so that refusing is one line */
static char *G_GNUC_PRINTF (2, 3)
refuse (GError    **error,
        const char *format,
        ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_propagate_error (error, g_error_new_valist (UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_ORDER,
                                                format, arguments));
  va_end (arguments);
  return NULL;
}

static void
note (UdpnatServerOperator *self,
      const char           *event,
      const char           *message,
      const Target         *target)
{
  char        text[UDPNAT_KEY_TEXT_BYTES];
  const char *name = NULL;

  if (target != NULL)
    name = target->name != NULL ? target->name : udpnat_public_key_to_string (&target->key, text);
  if (self->config.note != NULL)
    self->config.note (event, message, name, self->config.user_data);
}

static gboolean
read_target (UdpnatServerOperator *self,
             const char           *text,
             Target               *out_target,
             GError              **error)
{
  gboolean is_online;

  if (udpnat_public_key_parse (&out_target->key, text))
    {
      out_target->has_key = TRUE;
      return TRUE;
    }
  out_target->name = g_utf8_validate (text, -1, NULL) ? udpnat_name_normalize (text) : NULL;
  if (out_target->name == NULL)
    {
      refuse (error, _("That is neither a name nor a key. Write it as --names lists it."));
      return FALSE;
    }
  out_target->has_key = udpnat_rendezvous_server_find_name (self->config.server, out_target->name,
                                                            &out_target->key, &is_online);
  return TRUE;
}

/* "2026-11-29", in UTC */
static char *
format_day (gint64 wall_us)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (wall_us / G_USEC_PER_SEC);

  return time != NULL ? g_date_time_format (time, "%Y-%m-%d") : g_strdup ("?");
}

static void
add_line (GString    *text,
          const char *line)
{
  g_string_append (text, line);
  g_string_append_c (text, '\n');
}

/* @sentence: (transfer full). Returns: (transfer full): the same as an answer */
static char *
end_line (char *sentence)
{
  char *line = g_strconcat (sentence, "\n", NULL);

  g_free (sentence);
  return line;
}

/* ---- Invitations ---- */

static char *
make_link (const UdpnatServerOperator *self,
           const char                 *code)
{
  char key[UDPNAT_KEY_TEXT_BYTES];

  return g_strdup_printf ("udpnat:@%s?invite=%s&key=%s", self->address, code,
                          udpnat_public_key_to_string (self->config.key, key));
}

static char *
describe_invitation (const UdpnatServerOperator *self,
                     const UdpnatInvitationCode *code,
                     guint                       n_uses,
                     gint64                      until_us)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char    *day = format_day (until_us);
  char                code_text[UDPNAT_INVITATION_TEXT_BYTES];

  udpnat_invitation_code_to_string (code, code_text);
  /* Translators: of an invitation; 24 letters and digits follow. */
  g_string_printf (text, _("Code: %s"), code_text);
  g_string_append_c (text, '\n');
  if (self->address != NULL)
    {
      g_autofree char *link = make_link (self, code_text);

      g_string_append_printf (text, _("Link: %s"), link);
    }
  else
    g_string_append (text, _("No link: set public-name, so that it can say where this server is."));
  g_string_append_c (text, '\n');
  /* Translators: an invitation; how many people, and a day like 2026-11-29. */
  g_string_append_printf (text, ngettext ("It lets in %u person, until %s. It is not shown again.",
                                          "It lets in %u people, until %s. It is not shown again.",
                                          n_uses), n_uses, day);
  g_string_append_c (text, '\n');
  if (!self->config.is_invited_only)
    add_line (text, _("Nobody needs it yet: this server takes everybody (registration=open)."));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
invite (UdpnatServerOperator *self,
        gint64                wall_us,
        const char           *uses_text,
        const char           *days_text,
        GError              **error)
{
  UdpnatInvitationCode code;
  guint64              n_uses, n_days;
  gint64               id, until_us;

  if (!g_ascii_string_to_unsigned (uses_text, 10, 1, UDPNAT_INVITATION_USES_MAX, &n_uses, NULL))
    return refuse (error, _("--uses=%s is no number from 1 to %d."), uses_text,
                   UDPNAT_INVITATION_USES_MAX);
  if (!g_ascii_string_to_unsigned (days_text, 10, 1, UDPNAT_INVITATION_DAYS_MAX, &n_days, NULL))
    return refuse (error, _("--days=%s is no number from 1 to %d."), days_text,
                   UDPNAT_INVITATION_DAYS_MAX);
  udpnat_random_fill (&self->config.random, code.bytes, sizeof code.bytes);
  until_us = wall_us + (gint64) n_days * DAY_US;
  if (!udpnat_access_store_add_invitation (self->config.access, &code, (guint) n_uses, until_us,
                                           &id, error))
    return NULL;
  /* Translators: in the log, like those that follow; without a full stop. */
  note (self, "invited", _("An invitation was made"), NULL);
  return describe_invitation (self, &code, (guint) n_uses, until_us);
}

static void
append_invitation (const UdpnatInvitation *invitation,
                   gpointer                user_data)
{
  g_autofree char *day = format_day (invitation->until_us);

  g_string_append_printf (user_data, "%" G_GINT64_FORMAT "  ", invitation->id);
  /* Translators: of an invitation: for how many people, and a day like 2026-11-29. */
  g_string_append_printf (user_data, ngettext ("%u left, until %s", "%u left, until %s",
                                               invitation->n_uses), invitation->n_uses, day);
  g_string_append_c (user_data, '\n');
}

static char *
list_invitations (UdpnatServerOperator *self,
                  gint64                wall_us,
                  GError              **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (!udpnat_access_store_foreach_invitation (self->config.access, wall_us, append_invitation,
                                               text, error))
    return NULL;
  if (text->len == 0)
    add_line (text, _("No invitation is open. Make one with --invite."));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
withdraw (UdpnatServerOperator *self,
          const char           *id_text,
          GError              **error)
{
  guint64  id;
  gboolean was_there = FALSE;

  if (!g_ascii_string_to_unsigned (id_text, 10, 1, G_MAXINT64, &id, NULL))
    return refuse (error, _("%s is no number of an invitation. --invitations lists them."),
                   id_text);
  if (!udpnat_access_store_withdraw_invitation (self->config.access, (gint64) id, &was_there,
                                                error))
    return NULL;
  if (!was_there)
    return refuse (error, _("There is no invitation %s (any more). --invitations lists them."),
                   id_text);
  note (self, "withdrawn", _("An invitation was withdrawn"), NULL);
  return end_line (g_strdup_printf (_("Invitation %s lets nobody in any more."), id_text));
}

/* ---- The list ---- */

static char *
reload (UdpnatServerOperator *self,
        GError              **error)
{
  g_autoptr (GError) cause = NULL;
  guint n;

  if (self->allow_list == NULL)
    return refuse (error, _("There is nothing to read again: this server has no allow-list. All "
                            "other settings need a restart."));
  if (!udpnat_allow_list_apply (self->allow_list, self->config.server, &n, &cause))
    {
      /* Translators: why it could not be read again. */
      g_set_error (error, cause->domain, cause->code, _("The list from before holds: %s"),
                   cause->message);
      return NULL;
    }
  note (self, "reloaded", _("The allow-list was read again"), NULL);
  return end_line (g_strdup_printf (ngettext ("%u key or name is in the allow-list.",
                                              "%u keys and names are in the allow-list.", n), n));
}

/* ---- Blocked and released ---- */

static gboolean
store_block (UdpnatServerOperator *self,
             const Target         *target,
             gboolean              is_blocked,
             GError              **error)
{
  UdpnatAccessStore *access = self->config.access;

  if (target->has_key
      && !udpnat_access_store_set_key_blocked (access, &target->key, is_blocked, error))
    return FALSE;
  if (target->name == NULL)
    return TRUE;
  return udpnat_access_store_set_name_blocked (access, target->name, is_blocked, error)
         && (is_blocked
             || udpnat_access_store_set_name_denied (access, target->name, NULL, error));
}

/* Returns: %FALSE when it would hold at this server only */
static gboolean
tell (UdpnatServerOperator   *self,
      UdpnatServerRulingKind  kind,
      const Target           *target,
      GError                **error)
{
  const UdpnatServerRuling ruling = { kind, target->name, target->key };

  if (self->config.tell == NULL || self->config.tell (&ruling, self->config.user_data))
    return TRUE;
  refuse (error, _("The directory does not answer, so the other servers cannot be told: nothing "
                   "was done. Try again when it does."));
  return FALSE;
}

static char *
block (UdpnatServerOperator *self,
       gint64                now_us,
       const char           *text,
       GError              **error)
{
  g_auto (Target) target = { NULL };
  char *sentence;

  if (!read_target (self, text, &target, error)
      || !tell (self, UDPNAT_SERVER_RULING_BLOCK, &target, error)
      || !store_block (self, &target, TRUE, error))
    return NULL;
  if (target.has_key)
    udpnat_rendezvous_server_block_key (self->config.server, now_us, &target.key);
  if (target.name != NULL)
    udpnat_rendezvous_server_block_name (self->config.server, now_us, target.name);
  note (self, "blocked", target.name != NULL ? _("A name was blocked")
                                                : _("A key was blocked"), &target);
  if (target.name == NULL)
    sentence = g_strdup (_("The key is blocked."));
  else if (self->config.tell != NULL)
    sentence = g_strdup_printf (_("%s is blocked, and whoever has the name."), target.name);
  else if (target.has_key)
    sentence = g_strdup_printf (_("%s is blocked, and the key that has the name."), target.name);
  else
    sentence = g_strdup_printf (_("%s is blocked. Nobody has it, and nobody can have it now."),
                                target.name);
  return end_line (sentence);
}

static char *
unblock (UdpnatServerOperator *self,
         const char           *text,
         GError              **error)
{
  g_auto (Target) target = { NULL };

  if (!read_target (self, text, &target, error)
      || !tell (self, UDPNAT_SERVER_RULING_UNBLOCK, &target, error)
      || !store_block (self, &target, FALSE, error))
    return NULL;
  if (target.has_key)
    udpnat_rendezvous_server_unblock_key (self->config.server, &target.key);
  if (target.name != NULL)
    udpnat_rendezvous_server_unblock_name (self->config.server, target.name);
  note (self, "unblocked", target.name != NULL ? _("A name was unblocked")
                                                  : _("A key was unblocked"), &target);
  return end_line (target.name != NULL ? g_strdup_printf (_("%s is not blocked."), target.name)
                                       : g_strdup (_("The key is not blocked.")));
}

static gboolean
store_release (UdpnatServerOperator *self,
               const Target         *target,
               GError              **error)
{
  return udpnat_access_store_set_name_denied (self->config.access, target->name, &target->key,
                                              error)
         && udpnat_name_store_release (self->config.names, target->name, error);
}

static gboolean
take_away (UdpnatServerOperator *self,
           gint64                now_us,
           const Target         *target,
           GError              **error)
{
  if (!store_release (self, target, error))
    return FALSE;
  (void) udpnat_rendezvous_server_release_name (self->config.server, now_us, target->name);
  return udpnat_rendezvous_server_has_name (self->config.server, &target->key)
         || udpnat_access_store_set_key_allowed (self->config.access, &target->key, FALSE, error);
}

static char *
release (UdpnatServerOperator *self,
         gint64                now_us,
         const char           *text,
         GError              **error)
{
  g_auto (Target) target = { NULL };

  if (!read_target (self, text, &target, error))
    return NULL;
  if (target.name == NULL || (!target.has_key && self->config.tell == NULL))
    return refuse (error, _("Nobody has the name %s. --names lists those that somebody has."),
                   text);
  if (!tell (self, UDPNAT_SERVER_RULING_RELEASE, &target, error)
      || (target.has_key && !take_away (self, now_us, &target, error)))
    return NULL;
  note (self, "released", _("A name was released"), &target);
  return end_line (g_strdup_printf (_("%s is free. Whoever had it does not get it again, unless "
                                      "--unblock allows it."), target.name));
}

/* ---- Said at another server ---- */

static gboolean
apply_release (UdpnatServerOperator *self,
               gint64                now_us,
               const Target         *target,
               GError              **error)
{
  UdpnatPublicKey owner;
  gboolean is_online;

  if (udpnat_rendezvous_server_find_name (self->config.server, target->name, &owner, &is_online)
      && udpnat_public_key_equal (&owner, &target->key))
    return take_away (self, now_us, target, error);
  udpnat_rendezvous_server_deny_name (self->config.server, target->name, &target->key);
  return udpnat_access_store_set_name_denied (self->config.access, target->name, &target->key,
                                              error);
}

static gboolean
apply_block (UdpnatServerOperator *self,
             gint64                now_us,
             const Target         *target,
             gboolean              is_blocked,
             GError              **error)
{
  UdpnatRendezvousServer *server = self->config.server;

  if (!store_block (self, target, is_blocked, error))
    return FALSE;
  if (target->name != NULL && is_blocked)
    udpnat_rendezvous_server_block_name (server, now_us, target->name);
  else if (target->name != NULL)
    udpnat_rendezvous_server_unblock_name (server, target->name);
  else if (is_blocked)
    udpnat_rendezvous_server_block_key (server, now_us, &target->key);
  else
    udpnat_rendezvous_server_unblock_key (server, &target->key);
  return TRUE;
}

/**
 * udpnat_server_operator_apply:
 *
 * Puts into effect, at once and for good, what was said at another server of the fleet; or here,
 * and then nothing happens.
 */
void
udpnat_server_operator_apply (UdpnatServerOperator     *self,
                              gint64                    now_us,
                              const UdpnatServerRuling *ruling)
{
  g_auto (Target) target = { NULL, ruling->key, ruling->name == NULL };
  g_autoptr (GError) error = NULL;

  target.name = ruling->name != NULL ? udpnat_name_normalize (ruling->name) : NULL;
  if (ruling->name != NULL && target.name == NULL)
    return;
  if (ruling->kind == UDPNAT_SERVER_RULING_RELEASE)
    apply_release (self, now_us, &target, &error);
  else
    apply_block (self, now_us, &target, ruling->kind == UDPNAT_SERVER_RULING_BLOCK, &error);
  if (error != NULL)
    udpnat_server_log_warn ("%s", error->message);
}

/* ---- Lists ---- */

typedef struct
{
  UdpnatServerOperator *self;
  GString              *text;
} Listing;

/* The name is the last, since it may have spaces. For `--names`, which puts "online" and "offline"
 * into words: as long as they are in English here, nothing that is read by it is translated. */
static void
append_name (const char            *name,
             const UdpnatPublicKey *key,
             gint64                 claimed_us,
             gpointer               user_data)
{
  const Listing   *listing = user_data;
  g_autofree char *day = format_day (claimed_us);
  char             key_text[UDPNAT_KEY_TEXT_BYTES];
  UdpnatPublicKey  owner;
  gboolean         is_online = FALSE;

  (void) udpnat_rendezvous_server_find_name (listing->self->config.server, name, &owner,
                                             &is_online);
  g_string_append_printf (listing->text, "%s  %s  %-7s  %s\n",
                          udpnat_public_key_to_string (key, key_text), day,
                          is_online ? "online" : "offline", name);
}

static char *
list_names (UdpnatServerOperator *self,
            const char           *after,
            GError              **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  Listing listing = { self, text };

  if (!udpnat_name_store_foreach_after (self->config.names, after, NAMES_AT_ONCE, append_name,
                                        &listing, error))
    return NULL;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
append_blocked (const UdpnatAccessRecord *record,
                gpointer                  user_data)
{
  GString *text = user_data;
  char     key_text[UDPNAT_KEY_TEXT_BYTES];

  udpnat_public_key_to_string (&record->key, key_text);
  if (record->is_blocked)
    {
      /* Translators: a name or a key; the spaces put it below those of “released”. */
      g_string_append_printf (text, _("blocked   %s"),
                              record->name != NULL ? record->name : key_text);
      g_string_append_c (text, '\n');
    }
  if (record->is_denied)
    {
      /* Translators: a name, and the key of whoever had it; spaces as in “blocked”. */
      g_string_append_printf (text, _("released  %s, not for %s"), record->name, key_text);
      g_string_append_c (text, '\n');
    }
}

static char *
list_blocked (UdpnatServerOperator *self,
              GError              **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (!udpnat_access_store_foreach (self->config.access, append_blocked, text, error))
    return NULL;
  if (text->len == 0)
    add_line (text, _("Nobody is blocked."));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/**
 * udpnat_server_operator_obey:
 * @order: not trusted
 *
 * Returns: (transfer full) (nullable): what there is to say about it, as lines; %NULL with
 * %UDPNAT_SERVER_ERROR_ORDER, or that a file failed
 */
char *
udpnat_server_operator_obey (UdpnatServerOperator *self,
                             gint64                now_us,
                             gint64                wall_us,
                             const char           *order,
                             GError              **error)
{
  g_auto (GStrv) words = g_strsplit (order, "\t", -1);
  guint          n_words = g_strv_length (words);
  const char    *verb = n_words > 0 ? words[0] : "";

  if (g_str_equal (verb, "invite") && n_words == 3)
    return invite (self, wall_us, words[1], words[2], error);
  if (g_str_equal (verb, "invitations") && n_words == 1)
    return list_invitations (self, wall_us, error);
  if (g_str_equal (verb, "withdraw") && n_words == 2)
    return withdraw (self, words[1], error);
  if (g_str_equal (verb, "block") && n_words == 2)
    return block (self, now_us, words[1], error);
  if (g_str_equal (verb, "unblock") && n_words == 2)
    return unblock (self, words[1], error);
  if (g_str_equal (verb, "release") && n_words == 2)
    return release (self, now_us, words[1], error);
  if (g_str_equal (verb, "names") && n_words == 2 && g_utf8_validate (words[1], -1, NULL))
    return list_names (self, words[1], error);
  if (g_str_equal (verb, "blocked") && n_words == 1)
    return list_blocked (self, error);
  if (g_str_equal (verb, "reload") && n_words == 1)
    return reload (self, error);
  return refuse (error, _("The server that runs does not know this order: it has another version. "
                          "Restart it."));
}

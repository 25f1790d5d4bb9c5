/* Between the server's machine and its files. The machine says what it wants stored and goes on;
 * here it is written, in one group for each file and callback, and when the group is on disk the
 * machine is told. A thousand clients that come at once must not cost a thousand waits.
 *
 * A full disk must not fill the log as well: of each group only the first error is printed.
 */

#include "config.h"

#include "udpnat-server-disk.h"

#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-rendezvous-server-access.h"
#include "udpnat-secret-file.h"
#include "udpnat-server-error.h"
#include "udpnat-server-log.h"
#include "udpnat-ticket.h"

typedef struct
{
  guint64  id;
  gboolean is_stored;
  gboolean is_uninvited;
} Claim;

typedef struct
{
  guint64  number;
  gboolean is_added;
} Letter;

struct _UdpnatServerDisk
{
  /* Between the first event of a callback and the commit at its end. */
  GArray   *claims; /* of Claim */
  gboolean  is_naming;
  GArray   *letters; /* of Letter */
  guint     n_changes; /* of the file of letters, additions included */
  gboolean  is_mailing;
  GError   *error; /* (nullable): the first */
  char     *ticket_path; /* (nullable): their keys are in memory only */

  /* borrowed */
  UdpnatRendezvousServer *server;
  UdpnatNameStore        *names;
  UdpnatMailStore        *mail; /* (nullable): this server keeps no letters */
  UdpnatAccessStore      *access; /* (nullable): nobody is invited or blocked */
};

/**
 * udpnat_server_disk_new:
 * @mail: (nullable): %NULL when @server has no mailbox
 */
UdpnatServerDisk *
udpnat_server_disk_new (UdpnatRendezvousServer *server,
                        UdpnatNameStore        *names,
                        UdpnatMailStore        *mail)
{
  UdpnatServerDisk *self = g_new0 (UdpnatServerDisk, 1);

  self->server = server;
  self->names = names;
  self->mail = mail;
  self->claims = g_array_new (FALSE, FALSE, sizeof (Claim));
  self->letters = g_array_new (FALSE, FALSE, sizeof (Letter));
  return self;
}

/** udpnat_server_disk_set_access: before anything else; @access is borrowed */
void
udpnat_server_disk_set_access (UdpnatServerDisk  *self,
                               UdpnatAccessStore *access)
{
  self->access = access;
}

/** udpnat_server_disk_set_ticket_file: before anything else; @path: where their keys are */
void
udpnat_server_disk_set_ticket_file (UdpnatServerDisk *self,
                                    const char       *path)
{
  g_free (self->ticket_path);
  self->ticket_path = g_strdup (path);
}

void
udpnat_server_disk_free (UdpnatServerDisk *self)
{
  if (self == NULL)
    return;
  g_clear_error (&self->error);
  g_free (self->ticket_path);
  g_array_unref (self->letters);
  g_array_unref (self->claims);
  g_free (self);
}

/* ---- Start ---- */

static void
restore_name (const char            *name,
              const UdpnatPublicKey *key,
              gpointer               user_data)
{
  UdpnatServerDisk *self = user_data;

  udpnat_rendezvous_server_restore_name (self->server, name, key);
}

static void
restore_letter (guint64                number,
                const UdpnatPublicKey *recipient,
                const guint8          *pass,
                gsize                  n_bytes,
                gint64                 stored_s,
                gpointer               user_data)
{
  UdpnatServerDisk *self = user_data;

  udpnat_rendezvous_server_restore_mail (self->server, number, recipient, pass, n_bytes, stored_s);
}

static void
restore_passes (const UdpnatPublicKey *recipient,
                const guint8          *passes,
                guint                  n_passes,
                gpointer               user_data)
{
  UdpnatServerDisk *self = user_data;

  udpnat_rendezvous_server_restore_passes (self->server, recipient, passes, n_passes);
}

/* Nobody is there yet, so it is told at no time in particular. */
static void
restore_access (const UdpnatAccessRecord *record,
                gpointer                  user_data)
{
  UdpnatServerDisk *self = user_data;

  if (record->is_allowed)
    udpnat_rendezvous_server_allow_key (self->server, &record->key);
  if (record->is_blocked && record->name == NULL)
    udpnat_rendezvous_server_block_key (self->server, 0, &record->key);
  if (record->is_blocked && record->name != NULL)
    udpnat_rendezvous_server_block_name (self->server, 0, record->name);
  if (record->is_denied)
    udpnat_rendezvous_server_deny_name (self->server, record->name, &record->key);
}

/* Without them clients come back by handshakes: nothing is lost but time. */
static void
restore_tickets (UdpnatServerDisk *self)
{
  guint8 stored[UDPNAT_TICKET_RING_BYTES];

  if (self->ticket_path != NULL
      && udpnat_secret_file_read (self->ticket_path, stored, sizeof stored)
      && !udpnat_rendezvous_server_restore_ticket_keys (self->server, stored, sizeof stored))
    g_assert_not_reached ();
  explicit_bzero (stored, sizeof stored);
}

/** udpnat_server_disk_restore: tells the machine what is there; before its first datagram */
gboolean
udpnat_server_disk_restore (UdpnatServerDisk *self,
                            GError          **error)
{
  restore_tickets (self);
  if (!udpnat_name_store_foreach (self->names, restore_name, self, error))
    return FALSE;
  if (self->access != NULL
      && !udpnat_access_store_foreach (self->access, restore_access, self, error))
    return FALSE;
  if (self->mail == NULL)
    return TRUE;
  udpnat_rendezvous_server_restore_mail_number (self->server,
                                                udpnat_mail_store_get_last_number (self->mail));
  return udpnat_mail_store_foreach (self->mail, restore_letter, restore_passes, self, error);
}

/* ---- Names ---- */

static void
take_error (UdpnatServerDisk *self,
            GError           *error)
{
  if (self->error == NULL)
    self->error = error;
  else
    g_clear_error (&error);
}

/* An invitation is used up before the name is stored. Should that fail the key is let in all the
 * same, and comes again. */
static UdpnatAccessRedeem
redeem (UdpnatServerDisk        *self,
        gint64                   wall_us,
        const UdpnatServerEvent *event)
{
  UdpnatInvitationCode code;
  UdpnatAccessRedeem   result = UDPNAT_ACCESS_REDEEM_BAD;
  GError              *error = NULL;

  if (event->data == NULL)
    return UDPNAT_ACCESS_REDEEM_GOOD;
  g_assert (g_bytes_get_size (event->data) == sizeof code.bytes);
  memcpy (code.bytes, g_bytes_get_data (event->data, NULL), sizeof code.bytes);
  if (self->access != NULL)
    result = udpnat_access_store_redeem (self->access, &code, &event->key, wall_us, &error);
  if (error != NULL)
    take_error (self, error);
  if (result == UDPNAT_ACCESS_REDEEM_GOOD)
    udpnat_rendezvous_server_allow_key (self->server, &event->key);
  return result;
}

static void
store_claim (UdpnatServerDisk        *self,
             gint64                   wall_us,
             const UdpnatServerEvent *event)
{
  Claim claim = { .id = event->claim_id };
  UdpnatAccessRedeem redeemed = redeem (self, wall_us, event);
  GError *error = NULL;

  claim.is_uninvited = redeemed == UDPNAT_ACCESS_REDEEM_BAD;
  if (self->claims->len == 0)
    self->is_naming = udpnat_name_store_begin (self->names, &error);
  if (self->is_naming && redeemed == UDPNAT_ACCESS_REDEEM_GOOD)
    claim.is_stored = udpnat_name_store_claim (self->names, event->name, &event->key, wall_us,
                                               &error);
  g_array_append_val (self->claims, claim);
  if (error != NULL)
    take_error (self, error);
}

/* Only now are the names on disk, and only now may their owners be told. */
static void
finish_claims (UdpnatServerDisk *self,
               gint64            now_us)
{
  gboolean is_committed = self->is_naming && udpnat_name_store_commit (self->names, NULL);

  if (self->is_naming && !is_committed)
    take_error (self, g_error_new_literal (UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_NAMES_FAILED,
                                           _("Names could not be written to the disk.")));
  self->is_naming = FALSE;
  for (guint i = 0; i < self->claims->len; i++)
    {
      const Claim *claim = &g_array_index (self->claims, Claim, i);

      if (claim->is_uninvited)
        udpnat_rendezvous_server_refuse_claim (self->server, now_us, claim->id,
                                               UDPNAT_REFUSED_INVITATION_INVALID);
      else
        udpnat_rendezvous_server_complete_claim (self->server, now_us, claim->id,
                                                 is_committed && claim->is_stored);
    }
  g_array_set_size (self->claims, 0);
}

/* ---- Letters ---- */

/* Returns whether the file of letters can be written now. */
static gboolean
begin_change (UdpnatServerDisk *self)
{
  GError *error = NULL;

  if (self->n_changes++ == 0)
    self->is_mailing = udpnat_mail_store_begin (self->mail, &error);
  if (error != NULL)
    take_error (self, error);
  return self->is_mailing;
}

static void
store_letter (UdpnatServerDisk        *self,
              const UdpnatServerEvent *event)
{
  Letter letter = { .number = event->number };
  GError *error = NULL;

  if (begin_change (self))
    letter.is_added = udpnat_mail_store_add (self->mail, event->number, &event->key,
                                             event->has_pass ? event->pass : NULL,
                                             event->stored_s, event->data, &error);
  g_array_append_val (self->letters, letter);
  if (error != NULL)
    take_error (self, error);
}

/* What cannot be deleted now is there again after a restart, and is then sent once more. */
static void
delete_letter (UdpnatServerDisk *self,
               guint64           number)
{
  GError *error = NULL;

  if (begin_change (self) && !udpnat_mail_store_delete (self->mail, number, &error))
    take_error (self, error);
}

static void
store_passes (UdpnatServerDisk        *self,
              const UdpnatServerEvent *event)
{
  GError *error = NULL;

  if (begin_change (self)
      && !udpnat_mail_store_set_passes (self->mail, &event->key, event->data, &error))
    take_error (self, error);
}

/* One that cannot be read just now is not given up: it is asked for again in the recipient's next
 * session. */
static void
load_letter (UdpnatServerDisk *self,
             gint64            now_us,
             guint64           number)
{
  g_autoptr (GBytes) sealed = NULL;
  gconstpointer data = NULL;
  gboolean is_lost = FALSE;
  GError *error = NULL;
  gsize n_data = 0;

  sealed = udpnat_mail_store_load (self->mail, number, &error);
  if (sealed != NULL)
    data = g_bytes_get_data (sealed, &n_data);
  else
    {
      is_lost = g_error_matches (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_MAIL_DAMAGED);
      take_error (self, error);
    }
  if (sealed == NULL && !is_lost)
    return;
  udpnat_rendezvous_server_give_mail (self->server, now_us, number, data, n_data);
}

static void
finish_letters (UdpnatServerDisk *self,
                gint64            now_us)
{
  GError *error = NULL;
  gboolean is_committed = self->is_mailing && udpnat_mail_store_commit (self->mail, &error);

  if (error != NULL)
    take_error (self, error);
  self->is_mailing = FALSE;
  self->n_changes = 0;
  for (guint i = 0; i < self->letters->len; i++)
    {
      const Letter *letter = &g_array_index (self->letters, Letter, i);

      udpnat_rendezvous_server_complete_mail (self->server, now_us, letter->number,
                                              is_committed && letter->is_added);
    }
  g_array_set_size (self->letters, 0);
}

/* ---- Tickets ---- */

static void
store_tickets (UdpnatServerDisk        *self,
               const UdpnatServerEvent *event)
{
  if (self->ticket_path != NULL
      && !udpnat_secret_file_write (self->ticket_path, g_bytes_get_data (event->data, NULL),
                                    g_bytes_get_size (event->data)))
    take_error (self, g_error_new (UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_KEY,
                                   _("The keys of tickets could not be written to %s. After a "
                                     "restart everybody will come back more slowly."),
                                   self->ticket_path));
}

/* ---- Events ---- */

/** udpnat_server_disk_handle_event: does what it asks for; stored things only after finish() */
void
udpnat_server_disk_handle_event (UdpnatServerDisk        *self,
                                 gint64                   now_us,
                                 gint64                   wall_us,
                                 const UdpnatServerEvent *event)
{
  switch ((UdpnatServerEventType) event->base.type)
    {
    case UDPNAT_SERVER_EVENT_CLAIM:
      store_claim (self, wall_us, event);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_STORE:
      store_letter (self, event);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_LOAD:
      load_letter (self, now_us, event->number);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_DELETE:
      delete_letter (self, event->number);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_PASSES:
      store_passes (self, event);
      break;
    case UDPNAT_SERVER_EVENT_TICKET_KEYS:
      store_tickets (self, event);
      break;
    case UDPNAT_SERVER_EVENT_REGISTERED:
    case UDPNAT_SERVER_EVENT_GONE:
    case UDPNAT_SERVER_EVENT_ASK_NAME: /* of a fleet */
    case UDPNAT_SERVER_EVENT_ASK_KEY:
    case UDPNAT_SERVER_EVENT_ASK_PRESENCE:
    case UDPNAT_SERVER_EVENT_HOME:
    case UDPNAT_SERVER_EVENT_MAIL_HERE:
    case UDPNAT_SERVER_EVENT_MAIL_GONE:
      break;
    }
}

/**
 * udpnat_server_disk_finish:
 *
 * Commits, and completes what is on disk now. That may bring further events.
 *
 * Returns: whether there was anything to do
 */
gboolean
udpnat_server_disk_finish (UdpnatServerDisk *self,
                           gint64            now_us)
{
  gboolean had_work = self->claims->len > 0 || self->n_changes > 0;

  finish_claims (self, now_us);
  finish_letters (self, now_us);
  if (self->error != NULL)
    udpnat_server_log_warn ("%s", self->error->message);
  g_clear_error (&self->error);
  return had_work;
}

/* Who is who, and what they are to us. */

#include "config.h"

#include "udpnat-client-private.h"

#include <glib/gi18n-lib.h>

#include "udpnat-client-network.h"
#include "udpnat-clock.h"
#include "udpnat-limits.h"
#include "udpnat-link.h"
#include "udpnat-name.h"
#include "udpnat-person-address.h"
#include "udpnat-presence.h"
#include "udpnat-safety-number.h"

/* ---- Keeping them ---- */

static UdpnatTrust
relation_to_trust (UdpnatRelation relation)
{
  switch (relation)
    {
    case UDPNAT_RELATION_ACCEPTED:
      return UDPNAT_TRUST_ACCEPTED;
    case UDPNAT_RELATION_BLOCKED:
      return UDPNAT_TRUST_BLOCKED;
    case UDPNAT_RELATION_NONE:
    case UDPNAT_RELATION_REQUEST:
    case UDPNAT_RELATION_DECLINED:
      return UDPNAT_TRUST_STRANGER;
    }
  return UDPNAT_TRUST_STRANGER;
}

static void
add_person (UdpnatClient *self,
            UdpnatPerson *person)
{
  g_hash_table_remove (self->removed_people, udpnat_person_get_key_text (person));
  g_hash_table_insert (self->people_by_key, (gpointer) udpnat_person_get_key_text (person),
                       person);
  g_list_store_append (self->people, person);
}

static gboolean
is_finalized (gpointer key,
              gpointer value,
              gpointer user_data)
{
  g_autoptr (GObject) person = g_weak_ref_get (value);

  return person == NULL;
}

/* Views may go on to hold a person who is not listed any more: the same one comes back. */
static void
remove_person (UdpnatClient *self,
               UdpnatPerson *person)
{
  GWeakRef *removed = g_new (GWeakRef, 1);
  guint position;

  g_hash_table_foreach_remove (self->removed_people, is_finalized, NULL);
  g_weak_ref_init (removed, person);
  g_hash_table_replace (self->removed_people, g_strdup (udpnat_person_get_key_text (person)),
                        removed);
  g_hash_table_remove (self->people_by_key, udpnat_person_get_key_text (person));
  if (g_list_store_find (self->people, person, &position))
    g_list_store_remove (self->people, position);
}

/* Returns: (transfer full) (nullable) */
static UdpnatPerson *
find_removed (UdpnatClient *self,
              const char   *key_text)
{
  GWeakRef *removed = g_hash_table_lookup (self->removed_people, key_text);

  return removed != NULL ? g_weak_ref_get (removed) : NULL;
}

/** udpnat_client_ensure_person: @name: (nullable): what the server calls them */
UdpnatPerson *
udpnat_client_ensure_person (UdpnatClient          *self,
                             const UdpnatPublicKey *key,
                             const char            *name)
{
  char key_text[UDPNAT_KEY_TEXT_BYTES];
  UdpnatPerson *person;

  if (udpnat_public_key_equal (key, udpnat_person_get_key (self->me)))
    return self->me;
  person = g_hash_table_lookup (self->people_by_key, udpnat_public_key_to_string (key, key_text));
  if (person == NULL)
    {
      g_autoptr (UdpnatPerson) fresh = find_removed (self, key_text);

      if (fresh == NULL)
        fresh = udpnat_person_new (key);
      udpnat_person_set_lost_server (fresh, udpnat_client_has_lost_server (self));
      add_person (self, fresh);
      person = fresh; /* the list's */
    }
  if (name != NULL)
    {
      udpnat_person_set_name (person, name);
      udpnat_client_note_place (self, person, name);
    }
  return person;
}

static void
restore_person (const UdpnatContact *contact,
                gpointer             user_data)
{
  UdpnatClient *self = user_data;
  UdpnatPerson *person = udpnat_client_ensure_person (self, &contact->key, NULL);

  udpnat_person_take_contact (person, udpnat_contact_copy (contact));
  if (contact->last_shown_us > 0)
    {
      g_autoptr (UdpnatHistoryItem) line = udpnat_store_dup_last_line (self->store, &contact->key);

      udpnat_person_set_last_line (person, line);
    }
  udpnat_node_restore_contact (self->node, &contact->key,
                               person != self->me ? contact->name : NULL,
                               relation_to_trust (contact->relation), NULL);
  if (contact->is_relay_only && person != self->me)
    udpnat_node_set_peer_relay_only (self->node, udpnat_clock_get_now_us (), &contact->key, TRUE);
  if (contact->has_refused)
    udpnat_node_restore_refusal (self->node, &contact->key);
  if (person != self->me)
    udpnat_client_restore_place (self, person);
}

static void
restore_timestamp (const UdpnatPublicKey *key,
                   const guint8          *timestamp,
                   gpointer               user_data)
{
  UdpnatClient *self = user_data;

  /* Who they are comes after it, if we know more than that. */
  udpnat_node_restore_contact (self->node, key, NULL, UDPNAT_TRUST_STRANGER, timestamp);
}

/** udpnat_client_restore_people: at the start, from disk */
void
udpnat_client_restore_people (UdpnatClient *self)
{
  g_autoptr (UdpnatHistoryItem) note = NULL;

  self->me = udpnat_person_new (udpnat_node_get_public_key (self->node));
  udpnat_store_foreach_timestamp (self->store, restore_timestamp, self);
  udpnat_store_foreach_contact (self->store, restore_person, self);
  note = udpnat_store_dup_last_line (self->store, udpnat_person_get_key (self->me));
  udpnat_person_set_last_line (self->me, note);
}

/**
 * udpnat_client_reload_person: takes over what the store has changed by itself; what the user has
 * decided may still be on its way to the disk */
void
udpnat_client_reload_person (UdpnatClient *self,
                             UdpnatPerson *person)
{
  const UdpnatContact *now = udpnat_person_get_contact (person);
  g_autoptr (UdpnatContact) disk = udpnat_store_dup_contact (self->store,
                                                             udpnat_person_get_key (person));
  UdpnatContact *merged;

  if (disk == NULL)
    return;
  merged = udpnat_contact_copy (disk);
  g_free (merged->name);
  g_free (merged->nickname);
  g_free (merged->server);
  merged->name = g_strdup (now->name);
  merged->nickname = g_strdup (now->nickname);
  merged->server = g_strdup (now->server);
  if (now->relation != UDPNAT_RELATION_NONE)
    merged->relation = now->relation;
  merged->is_mutual |= now->is_mutual;
  merged->is_verified = now->is_verified;
  merged->is_relay_only = now->is_relay_only;
  merged->is_pinned = now->is_pinned;
  merged->is_muted = now->is_muted;
  merged->last_seen_us = now->last_seen_us;
  udpnat_person_take_contact (person, merged);
  udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_PERSON_CHANGED, person);
}

/** udpnat_client_save_contact: @contact: (transfer full): the person's, changed */
void
udpnat_client_save_contact (UdpnatClient  *self,
                            UdpnatPerson  *person,
                            UdpnatContact *contact)
{
  if (person != self->me &&
      !g_hash_table_contains (self->people_by_key, udpnat_person_get_key_text (person)))
    add_person (self, person); /* not listed any more, and now there is something to remember */
  udpnat_store_save_contact (self->store, contact, NULL, NULL);
  udpnat_person_take_contact (person, contact);
  udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_PERSON_CHANGED, person);
}

/* Returns: (transfer full): to be changed and saved */
static UdpnatContact *
edit (UdpnatPerson *person)
{
  return udpnat_contact_copy (udpnat_person_get_contact (person));
}

/* ---- Finding ---- */

static gboolean
is_called (const char *called,
           const char *folded)
{
  g_autofree char *other = called != NULL ? udpnat_name_fold (called) : NULL;

  return other != NULL && g_str_equal (other, folded);
}

static UdpnatPerson *
find_person (UdpnatClient *self,
             const char   *name,
             gboolean      is_nickname)
{
  g_autofree char *folded = udpnat_name_fold (name);
  GListModel *people = G_LIST_MODEL (self->people);

  for (guint i = 0; folded != NULL && i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);
      const UdpnatContact *contact = udpnat_person_get_contact (person);

      if (is_called (is_nickname ? contact->nickname : contact->name, folded))
        return person; /* the list's */
    }
  return NULL;
}

/**
 * udpnat_client_get_person_by_key:
 * @key_text: see udpnat_person_get_key_text()
 *
 * Returns: (transfer none) (nullable): one of the people, not oneself
 */
UdpnatPerson *
udpnat_client_get_person_by_key (UdpnatClient *self,
                                 const char   *key_text)
{
  return g_hash_table_lookup (self->people_by_key, key_text);
}

/**
 * udpnat_client_get_person:
 * @name: a nickname, a name, or a key's text
 *
 * Returns: (transfer none) (nullable): somebody who is known here already
 */
UdpnatPerson *
udpnat_client_get_person (UdpnatClient *self,
                          const char   *name)
{
  UdpnatPerson *person = find_person (self, name, TRUE);

  if (person == NULL)
    person = find_person (self, name, FALSE);
  if (person == NULL)
    person = udpnat_client_get_person_by_key (self, name);
  return person;
}

/* ---- What the network says ---- */

/* Of whom there is nothing to remember. */
static gboolean
is_nobody (UdpnatPerson *person)
{
  const UdpnatContact *contact = udpnat_person_get_contact (person);

  return contact->relation == UDPNAT_RELATION_NONE && contact->last_shown_us == 0 &&
         contact->nickname == NULL && contact->draft == NULL && !contact->is_pinned &&
         !contact->is_muted && !contact->is_verified;
}

/** udpnat_client_handle_presence: somebody has come, gone, or is named for the first time */
void
udpnat_client_handle_presence (UdpnatClient          *self,
                               const UdpnatNodeEvent *event)
{
  g_autoptr (UdpnatPerson) person = g_object_ref (udpnat_client_ensure_person (self, &event->key,
                                                                               event->name));
  gboolean has_gone = udpnat_person_is_online (person) &&
                      event->presence == UDPNAT_PRESENCE_OFFLINE;

  /* A name that was only claimed may be somebody else's by now. */
  if (event->name == NULL && is_nobody (person))
    udpnat_person_set_name (person, NULL);
  udpnat_person_set_presence (person, event->presence);
  udpnat_person_set_on_lan (person, event->is_on_lan);
  if (event->presence != UDPNAT_PRESENCE_OFFLINE)
    udpnat_person_set_wait_reason (person, NULL);
  else
    udpnat_person_set_typing (person, FALSE);
  if (has_gone && udpnat_person_is_contact (person) &&
      udpnat_client_is_set (self, "last-seen", "on"))
    {
      UdpnatContact *contact = edit (person);

      contact->last_seen_us = udpnat_clock_get_wall_us ();
      udpnat_client_save_contact (self, person, contact);
    }
  else
    udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_PERSON_CHANGED, person);
  if (event->is_forgotten && is_nobody (person))
    remove_person (self, person);
}

/** udpnat_client_handle_new_key: the server says that a contact's name has another key now */
void
udpnat_client_handle_new_key (UdpnatClient          *self,
                              const UdpnatNodeEvent *event)
{
  UdpnatPerson *person = find_person (self, event->name, FALSE);
  char key_text[UDPNAT_KEY_TEXT_BYTES];

  if (person == NULL)
    return;
  udpnat_public_key_to_string (&event->key, key_text);
  if (g_strcmp0 (udpnat_person_get_new_key (person), key_text) == 0)
    return;
  udpnat_person_set_new_key (person, key_text);
  udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_KEY_CHANGED, person, key_text);
}

/* ---- Asking the server ---- */

/**
 * udpnat_client_find_async:
 * @name: as for udpnat_client_get_person(); asked of the server if it is not known here
 */
void
udpnat_client_find_async (UdpnatClient        *self,
                          const char          *name,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  UdpnatPerson *person = NULL;
  g_autofree char *normal = udpnat_person_address_normalize (name);
  guint32 request;

  g_task_set_source_tag (task, udpnat_client_find_async);
  g_task_set_task_data (task, g_strdup (name), g_free);
  person = udpnat_client_get_person (self, normal != NULL ? normal : name);
  if (person != NULL || normal == NULL)
    {
      if (person != NULL)
        g_task_return_pointer (task, g_object_ref (person), g_object_unref);
      else
        g_task_return_new_error (task, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
                                 g_dngettext (GETTEXT_PACKAGE,
                                              "“%s” cannot be a name: a name is 1 to %d "
                                              "characters, without control characters or spaces "
                                              "at its ends. Somebody at another server is "
                                              "name@server.",
                                              "“%s” cannot be a name: a name is 1 to %d "
                                              "characters, without control characters or spaces "
                                              "at its ends. Somebody at another server is "
                                              "name@server.", UDPNAT_NAME_MAX_CODE_POINTS),
                                 name, UDPNAT_NAME_MAX_CODE_POINTS);
      g_object_unref (task);
      return;
    }
  request = udpnat_node_look_up (self->node, udpnat_clock_get_now_us (), normal);
  g_hash_table_replace (self->lookups, GUINT_TO_POINTER (request), task);
  udpnat_client_wake (self);
}

/**
 * udpnat_client_find_finish:
 * @error: %UDPNAT_ERROR_UNKNOWN_PERSON, _NO_SERVER or _INVALID
 *
 * Returns: (transfer full) (nullable): the person
 */
UdpnatPerson *
udpnat_client_find_finish (UdpnatClient  *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
return_not_found_abroad (GTask      *task,
                         const char *name,
                         const char *code)
{
  g_autofree char *who = g_strndup (name, (gsize) (strrchr (name, '@') - name));
  const char *place = strrchr (name, '@') + 1;

  if (g_str_equal (code, "unknown-peer"))
    g_task_return_new_error (task, UDPNAT_ERROR, UDPNAT_ERROR_UNKNOWN_PERSON,
                             /* Translators: a person, and a server */
                             _("Nobody is called “%s” at the server %s."), who, place);
  else if (g_str_equal (code, "no-such-server"))
    g_task_return_new_error (task, UDPNAT_ERROR, UDPNAT_ERROR_UNKNOWN_PERSON,
                             /* Translators: a host name */
                             _("There is no server “%s”: the name has no address now. See whether "
                               "it is spelled right, and whether you are connected."), place);
  else if (g_str_equal (code, "server-changed"))
    g_task_return_new_error (task, UDPNAT_ERROR, UDPNAT_ERROR_UNKNOWN_PERSON,
                             /* Translators: a host name */
                             _("The server %s has another key than before. Go on only if its owner "
                               "says that this is right: forget the old one then."), place);
  else
    g_task_return_new_error (task, UDPNAT_ERROR, UDPNAT_ERROR_UNKNOWN_PERSON,
                             /* Translators: a host name */
                             _("The server %s does not answer. Try again later."), place);
}

/** udpnat_client_handle_found: the node has found a name, or nobody who has it */
void
udpnat_client_handle_found (UdpnatClient          *self,
                            const UdpnatNodeEvent *event)
{
  gpointer request = GUINT_TO_POINTER (event->request);
  GTask *found = g_hash_table_lookup (self->lookups, request);
  g_autoptr (GTask) task = found != NULL ? g_object_ref (found) : NULL;
  const char *name;

  if (task == NULL)
    return;
  g_hash_table_remove (self->lookups, request);
  name = g_task_get_task_data (task);
  if (event->code == NULL)
    g_task_return_pointer (task, g_object_ref (udpnat_client_ensure_person (self, &event->key,
                                                                            event->name)),
                           g_object_unref);
  else if (strchr (name, '@') != NULL && !g_str_equal (event->code, "self"))
    return_not_found_abroad (task, name, event->code);
  else if (self->server == NULL && !g_str_equal (event->code, "self"))
    g_task_return_new_error (task, UDPNAT_ERROR, UDPNAT_ERROR_UNKNOWN_PERSON,
                             _("Nobody on this network is called “%s” now."), name);
  else if (g_str_equal (event->code, "unknown-peer"))
    g_task_return_new_error (task, UDPNAT_ERROR, UDPNAT_ERROR_UNKNOWN_PERSON,
                             _("Nobody is called “%s” at the server."), name);
  else if (g_str_equal (event->code, "lookup-later"))
    g_task_return_new_error (task, UDPNAT_ERROR, UDPNAT_ERROR_UNKNOWN_PERSON,
                             _("The server cannot say now who is “%s”. Try again later."), name);
  else if (g_str_equal (event->code, "self"))
    g_task_return_pointer (task, g_object_ref (self->me), g_object_unref);
  else
    g_task_return_new_error (task, UDPNAT_ERROR, UDPNAT_ERROR_NO_SERVER,
                             _("“%s” is not known here, and the server cannot be asked now. Try "
                               "again when it answers."), name);
}

/* ---- Links ---- */

/* Returns: (transfer full): what the link is about, as the node has it: a name at our own server,
 * or `name@place` */
static char *
dup_address (UdpnatClient     *self,
             const UdpnatLink *link)
{
  g_autofree char *place = NULL;
  const char *server = self->server != NULL ? self->server : self->noted_server;
  g_autofree char *own = server != NULL ? udpnat_place_normalize (server) : NULL;

  if (link->server_host == NULL)
    return g_strdup (link->name);
  place = udpnat_place_from_host (link->server_host, link->server_port);
  return g_strcmp0 (place, own) == 0 ? g_strdup (link->name)
                                     : g_strdup_printf ("%s@%s", link->name, place);
}

static gboolean
check_link (UdpnatClient     *self,
            const UdpnatLink *link,
            GError          **error)
{
  g_autofree char *address = dup_address (self, link);
  UdpnatPerson *holder = find_person (self, address, FALSE);

  if (!link->has_key)
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
                   /* Translators: %s is a person, twice the same */
                   _("This link does not say a key, so anybody could pass for %s. Ask for a link "
                     "with “?key=”, or write to the name %s itself."), link->name, link->name);
      return FALSE;
    }
  if (udpnat_public_key_equal (&link->key, udpnat_person_get_key (self->me)))
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID, _("This link is your own."));
      return FALSE;
    }
  if (holder != NULL && udpnat_person_is_contact (holder) &&
      !udpnat_public_key_equal (&link->key, udpnat_person_get_key (holder)))
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
                   /* Translators: %s is a person */
                   _("You know a %s with another key. Give that one a nickname or forget it "
                     "first, if you are sure that the link is right."), link->name);
      return FALSE;
    }
  return TRUE;
}

/**
 * udpnat_client_add_link:
 * @link: `udpnat:name@server?key=…`
 * @error: %UDPNAT_ERROR_INVALID: what is wrong with it
 *
 * Makes a contact of whom the link is about. What a link says is as true as where it came from.
 *
 * Returns: (transfer none) (nullable): the contact
 */
UdpnatPerson *
udpnat_client_add_link (UdpnatClient *self,
                        const char   *link,
                        GError      **error)
{
  g_autoptr (UdpnatLink) parsed = udpnat_link_parse (link, error);
  g_autofree char *address = NULL;
  UdpnatPerson *person;

  if (parsed == NULL || !check_link (self, parsed, error))
    return NULL;
  address = dup_address (self, parsed);
  udpnat_node_move_name (self->node, udpnat_clock_get_now_us (), address, &parsed->key);
  person = udpnat_client_ensure_person (self, &parsed->key, address);
  udpnat_client_take_in (self, person);
  return person;
}

/* ---- What they are to us ---- */

static void
save_relation (UdpnatClient   *self,
               UdpnatPerson   *person,
               UdpnatRelation  relation,
               gboolean        is_mutual)
{
  UdpnatContact *contact = edit (person);

  contact->relation = relation;
  contact->is_mutual = is_mutual;
  udpnat_client_save_contact (self, person, contact);
}

static void
apply_relation (UdpnatClient   *self,
                UdpnatPerson   *person,
                UdpnatRelation  relation)
{
  udpnat_node_set_trust (self->node, udpnat_clock_get_now_us (), udpnat_person_get_key (person),
                         relation_to_trust (relation));
  udpnat_client_wake (self);
}

/* Whether something of @person was not kept, or may turn out not to be while the disk is asked. Of
 * whom nothing has ever come there is nothing to wait for. */
static gboolean
may_have_turned_away (UdpnatClient *self,
                      UdpnatPerson *person)
{
  return udpnat_person_get_relation (person) != UDPNAT_RELATION_NONE ||
         udpnat_person_is_receiving (person) ||
         udpnat_node_has_turned_away (self->node, udpnat_person_get_key (person));
}

/* Returns: whether both have accepted each other by it, so that we are to be introduced */
static gboolean
accept_as (UdpnatClient *self,
           UdpnatPerson *person,
           gboolean      is_answer)
{
  UdpnatMessageId id = udpnat_client_make_id ();
  UdpnatRelation before;
  gboolean must_wait;

  if (udpnat_person_is_contact (person) || person == self->me)
    return FALSE;
  /* Whatever is refused of the stranger must be known as such before the contact is let in. */
  must_wait = may_have_turned_away (self, person);
  if (must_wait)
    udpnat_store_flush (self->store);
  before = udpnat_person_get_relation (person); /* perhaps they have just asked */
  is_answer |= before == UDPNAT_RELATION_REQUEST || before == UDPNAT_RELATION_DECLINED;
  save_relation (self, person, UDPNAT_RELATION_ACCEPTED, is_answer);
  udpnat_client_tell_address (self, person);
  if (is_answer)
    {
      /* It makes them say anew what was refused. So it is on disk before the node lets them in, and
       * gives back letters that are out of order. */
      udpnat_client_put (self, person, udpnat_item_new_accept (&id, udpnat_clock_get_wall_us ()),
                         NULL, 0);
      if (must_wait)
        udpnat_store_flush (self->store);
    }
  apply_relation (self, person, UDPNAT_RELATION_ACCEPTED);
  if (before == UDPNAT_RELATION_BLOCKED)
    udpnat_client_restore_waiting (self, person); /* before more is put into it */
  return is_answer;
}

static void
set_relation (UdpnatClient   *self,
              UdpnatPerson   *person,
              UdpnatRelation  relation)
{
  save_relation (self, person, relation, FALSE);
  apply_relation (self, person, relation);
}

/**
 * udpnat_client_accept:
 *
 * Makes a contact of @person: a direct path is sought, and they are told. Somebody who has written
 * to us first has thereby accepted us.
 */
void
udpnat_client_accept (UdpnatClient *self,
                      UdpnatPerson *person)
{
  if (accept_as (self, person, FALSE))
    udpnat_client_introduce (self, person);
}

/**
 * udpnat_client_accept_unasked: they are writing to us, and the user wants everybody accepted
 *
 * Returns: whether udpnat_client_introduce() is to follow, which takes its time */
gboolean
udpnat_client_accept_unasked (UdpnatClient *self,
                              UdpnatPerson *person)
{
  return accept_as (self, person, TRUE);
}

/** udpnat_client_take_in: what writing to somebody means. Returns: %FALSE for a blocked person */
gboolean
udpnat_client_take_in (UdpnatClient *self,
                       UdpnatPerson *person)
{
  if (udpnat_person_get_relation (person) == UDPNAT_RELATION_BLOCKED)
    return FALSE;
  udpnat_client_accept (self, person);
  return TRUE;
}

/** udpnat_client_decline: forgets what @person wrote, and takes nothing more from them */
void
udpnat_client_decline (UdpnatClient *self,
                       UdpnatPerson *person)
{
  set_relation (self, person, UDPNAT_RELATION_DECLINED);
  udpnat_client_clear_history (self, person);
}

/** udpnat_client_block: answers nothing of @person any more; the history stays, and that they are
 * a mutual contact */
void
udpnat_client_block (UdpnatClient *self,
                     UdpnatPerson *person)
{
  save_relation (self, person, UDPNAT_RELATION_BLOCKED, udpnat_person_is_mutual (person));
  apply_relation (self, person, UDPNAT_RELATION_BLOCKED);
}

/**
 * udpnat_client_unblock:
 *
 * @person is again what they were: a contact, if both had accepted each other; else somebody who
 * may ask. What a contact has said in between comes now.
 */
void
udpnat_client_unblock (UdpnatClient *self,
                       UdpnatPerson *person)
{
  if (udpnat_person_get_relation (person) != UDPNAT_RELATION_BLOCKED)
    return;
  if (udpnat_person_is_mutual (person))
    {
      /* Letters were given back unread meanwhile: what follows them would be out of order. */
      udpnat_node_restore_refusal (self->node, udpnat_person_get_key (person));
      if (accept_as (self, person, TRUE))
        udpnat_client_introduce (self, person);
      return;
    }
  udpnat_store_clear_refused (self->store, udpnat_person_get_key (person));
  set_relation (self, person, UDPNAT_RELATION_NONE);
}

/**
 * udpnat_client_forget:
 *
 * Deletes @person with everything that was said, and what still waits for them.
 */
void
udpnat_client_forget (UdpnatClient *self,
                      UdpnatPerson *person)
{
  const UdpnatContact *before = udpnat_person_get_contact (person);
  UdpnatContact *fresh = udpnat_contact_new (&before->key);

  fresh->name = g_strdup (before->name);
  udpnat_node_forget (self->node, udpnat_clock_get_now_us (), &before->key);
  udpnat_store_forget_contact (self->store, &before->key, NULL, NULL);
  g_hash_table_remove (self->own_prekeys, udpnat_person_get_key_text (person));
  udpnat_person_take_contact (person, fresh);
  udpnat_client_tell_removed (self, person, 0);
  udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_PERSON_CHANGED, person);
}

/** udpnat_client_set_nickname: @nickname: (nullable): %NULL for none */
void
udpnat_client_set_nickname (UdpnatClient *self,
                            UdpnatPerson *person,
                            const char   *nickname)
{
  UdpnatContact *contact = edit (person);

  g_free (contact->nickname);
  contact->nickname = nickname != NULL && *nickname != '\0' ? g_strdup (nickname) : NULL;
  udpnat_client_save_contact (self, person, contact);
}

void
udpnat_client_set_pinned (UdpnatClient *self,
                          UdpnatPerson *person,
                          gboolean      is_pinned)
{
  UdpnatContact *contact = edit (person);

  contact->is_pinned = is_pinned;
  udpnat_client_save_contact (self, person, contact);
}

/** udpnat_client_set_muted: whether views should make no noise about @person */
void
udpnat_client_set_muted (UdpnatClient *self,
                         UdpnatPerson *person,
                         gboolean      is_muted)
{
  UdpnatContact *contact = edit (person);

  contact->is_muted = is_muted;
  udpnat_client_save_contact (self, person, contact);
}

/* ---- Keys ---- */

/**
 * udpnat_client_dup_safety_number: Returns: (transfer full): 12 groups of 5 digits, the same at
 * both ends when nobody is in between */
char *
udpnat_client_dup_safety_number (UdpnatClient *self,
                                 UdpnatPerson *person)
{
  char number[UDPNAT_SAFETY_NUMBER_BYTES];
  char text[UDPNAT_SAFETY_NUMBER_TEXT_BYTES];

  udpnat_safety_number_compute (udpnat_person_get_key (self->me), udpnat_person_get_key (person),
                                number);
  return g_strdup (udpnat_safety_number_format (number, text));
}

/** udpnat_client_set_verified: the user has compared the safety numbers */
void
udpnat_client_set_verified (UdpnatClient *self,
                            UdpnatPerson *person,
                            gboolean      is_verified)
{
  UdpnatContact *contact = edit (person);

  contact->is_verified = is_verified;
  udpnat_client_save_contact (self, person, contact);
}

/* What stays of a contact whose name belongs to another key now. */
static void
retire (UdpnatClient *self,
        UdpnatPerson *person)
{
  UdpnatContact *contact = edit (person);
  g_autofree char *title = g_strdup (udpnat_person_get_title (person));

  g_free (contact->nickname);
  /* Translators: becomes a nickname, that of a person whose name has another key now */
  contact->nickname = g_strdup_printf (_("%s (old key)"), title);
  g_clear_pointer (&contact->name, g_free);
  contact->is_verified = FALSE;
  udpnat_person_set_new_key (person, NULL);
  udpnat_client_save_contact (self, person, contact);
}

/**
 * udpnat_client_accept_new_key:
 * @person: whose name has another key at the server
 *
 * The user believes the server. The name is the new key's from now on, not verified; what was said
 * with the old key stays with it.
 *
 * Returns: (transfer none) (nullable): the person with the new key; %NULL when there is none
 */
UdpnatPerson *
udpnat_client_accept_new_key (UdpnatClient *self,
                              UdpnatPerson *person)
{
  g_autofree char *name = g_strdup (udpnat_person_get_name (person));
  const char *key_text = udpnat_person_get_new_key (person);
  UdpnatPublicKey key;
  UdpnatPerson *renewed;

  if (key_text == NULL || !udpnat_public_key_parse (&key, key_text))
    return NULL;
  retire (self, person);
  udpnat_node_move_name (self->node, udpnat_clock_get_now_us (), name, &key);
  renewed = udpnat_client_ensure_person (self, &key, name);
  /* Before they are let in: who was not to learn an address does not learn it by a new key. */
  udpnat_client_set_relay_only (self, renewed, udpnat_person_is_relay_only (person));
  udpnat_client_take_in (self, renewed);
  return renewed;
}

/* ---- Views ---- */

/**
 * udpnat_client_get_people: Returns: (transfer none): a list model of #UdpnatPerson, everyone heard
 * of */
GListModel *
udpnat_client_get_people (UdpnatClient *self)
{
  return G_LIST_MODEL (self->people);
}

/** udpnat_client_get_self: Returns: (transfer none): for notes to oneself; not among the people */
UdpnatPerson *
udpnat_client_get_self (UdpnatClient *self)
{
  return self->me;
}

/** udpnat_client_refresh_path: brings the round trip of @person's path up to date */
void
udpnat_client_refresh_path (UdpnatClient *self,
                            UdpnatPerson *person)
{
  UdpnatNodePath path;

  if (udpnat_node_get_path (self->node, udpnat_person_get_key (person), &path))
    udpnat_person_set_path (person, path.kind, &path.address, path.rtt_us, path.reason);
}

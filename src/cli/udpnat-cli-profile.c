/* The profile as a whole: opening it, its passphrase, backups. What is asked for is asked before
 * there is a prompt; so changing the passphrase, backing up and restoring are commands of the
 * command line only. */

#include "config.h"

#include "udpnat-cli-arguments.h"
#include "udpnat-cli-commands.h"

#include <glib/gi18n.h>

#include "udpnat-backup.h"
#include "udpnat-cli-keyring.h"
#include "udpnat-cli-passphrase.h"
#include "udpnat-profile.h"

#define PASSPHRASE_TRIES 3

static void
complain (const GError *error)
{
  g_autofree char *clean = udpnat_cli_view_clean (error->message);
  /* Sentences have theirs, in Chinese and Japanese another one; what GLib says has none. */
  gboolean is_whole = g_str_has_suffix (clean, ".") || g_str_has_suffix (clean, "。");

  g_printerr ("udpnat-cli: %s%s\n", clean, is_whole ? "" : ".");
}

static gboolean
is_wrong_passphrase (const GError *error)
{
  return g_error_matches (error, UDPNAT_ERROR, UDPNAT_ERROR_WRONG_PASSPHRASE);
}

static gboolean
may_try_again (const UdpnatCliOptions *options,
               const GError           *error,
               guint                   n_tries)
{
  return is_wrong_passphrase (error) && options->passphrase_file == NULL &&
         n_tries < PASSPHRASE_TRIES;
}

/* ---- Opening ---- */

/* Without a word when the keyring has none, or an old one. */
static gboolean
open_from_keyring (UdpnatCli *self)
{
  char *passphrase = udpnat_cli_keyring_find (self->options->profile);
  gboolean is_open = passphrase != NULL &&
                     udpnat_client_open (self->client, self->options->profile, passphrase, NULL);

  udpnat_cli_passphrase_wipe (passphrase);
  return is_open;
}

/**
 * udpnat_cli_open_profile: opens the client's profile, with a passphrase when it needs one. Says
 * what is wrong */
gboolean
udpnat_cli_open_profile (UdpnatCli *self)
{
  const UdpnatCliOptions *options = self->options;
  gboolean is_needed = udpnat_profile_is_locked (options->profile);

  self->is_locked = is_needed;
  if (is_needed && options->is_keyring && options->passphrase_file == NULL &&
      open_from_keyring (self))
    return TRUE;
  for (guint n_tries = 1;; n_tries++)
    {
      g_autoptr (GError) error = NULL;
      char *passphrase = NULL;
      gboolean is_open = FALSE;

      if (is_needed)
        passphrase = udpnat_cli_passphrase_get (options, _("Passphrase: "), &error);
      if (!is_needed || passphrase != NULL)
        is_open = udpnat_client_open (self->client, options->profile, passphrase, &error);
      if (is_open && passphrase != NULL && options->is_keyring)
        udpnat_cli_keyring_keep (options->profile, passphrase);
      udpnat_cli_passphrase_wipe (passphrase);
      if (is_open)
        return TRUE;
      complain (error);
      if (!may_try_again (options, error, n_tries))
        return FALSE;
    }
}

/* ---- The passphrase ---- */

static UdpnatProfile *
open_with_passphrase (UdpnatCliOptions *options,
                      char            **out_passphrase)
{
  gboolean is_needed = udpnat_profile_is_locked (options->profile);

  for (guint n_tries = 1;; n_tries++)
    {
      g_autoptr (GError) error = NULL;
      UdpnatProfile *profile = NULL;
      char *passphrase = NULL;

      if (is_needed)
        passphrase = udpnat_cli_passphrase_get (options, _("Passphrase: "), &error);
      if (!is_needed || passphrase != NULL)
        profile = udpnat_profile_open (options->profile, passphrase, &error);
      if (profile != NULL)
        {
          *out_passphrase = passphrase;
          return profile;
        }
      udpnat_cli_passphrase_wipe (passphrase);
      complain (error);
      if (!may_try_again (options, error, n_tries))
        return NULL;
    }
}

/* Returns FALSE when @action does not fit a profile that has, or has not, a passphrase. */
static gboolean
check_action (const char *action,
              gboolean    has_passphrase)
{
  gboolean is_first = g_str_equal (action, "set");

  if (is_first != has_passphrase)
    return TRUE;
  g_printerr (is_first ? _("udpnat-cli: The profile has a passphrase already: passphrase change.\n")
                       : _("udpnat-cli: The profile has no passphrase: passphrase set.\n"));
  return FALSE;
}

static gboolean
change_passphrase (UdpnatCliOptions *options,
                   UdpnatProfile    *profile,
                   const char       *old)
{
  g_autoptr (GError) error = NULL;
  gboolean is_changed = FALSE;
  char *new = NULL;

  if (g_str_equal (options->line, "remove"))
    is_changed = udpnat_profile_set_passphrase (profile, old, NULL, NULL, &error);
  else
    {
      new = udpnat_cli_passphrase_get_new (options, _("New passphrase: "), &error);
      is_changed = new != NULL &&
                   udpnat_profile_set_passphrase (profile, old, new, NULL, &error);
      udpnat_cli_passphrase_wipe (new);
    }
  if (!is_changed)
    complain (error);
  return is_changed;
}

/** udpnat_cli_change_passphrase: passphrase set, change or remove. Returns: the exit status */
int
udpnat_cli_change_passphrase (UdpnatCliOptions *options)
{
  g_autoptr (UdpnatProfile) profile = NULL;
  char *passphrase = NULL;
  gboolean is_changed;

  profile = open_with_passphrase (options, &passphrase);
  if (profile == NULL)
    return 1;
  is_changed = check_action (options->line, passphrase != NULL) &&
               change_passphrase (options, profile, passphrase);
  udpnat_cli_passphrase_wipe (passphrase);
  if (!is_changed)
    return 1;
  g_print (g_str_equal (options->line, "remove")
             ? _("The profile can be read without a passphrase now.\n")
             : _("The profile is encrypted, and opens with the new passphrase only. Nobody can "
                 "help you if it is lost.\n"));
  return 0;
}

/* ---- Backups ---- */

/** udpnat_cli_restore: makes a profile of a backup. Returns: the exit status */
int
udpnat_cli_restore (UdpnatCliOptions *options)
{
  g_autoptr (GError) error = NULL;
  gboolean is_needed = FALSE;
  gboolean is_restored = FALSE;

  if (!udpnat_backup_read_needs_passphrase (options->line, &is_needed, &error))
    {
      complain (error);
      return 1;
    }
  for (guint n_tries = 1; !is_restored; n_tries++)
    {
      char *passphrase = NULL;

      g_clear_error (&error);
      if (is_needed)
        passphrase = udpnat_cli_passphrase_get (options, _("Passphrase of the backup: "), &error);
      if (!is_needed || passphrase != NULL)
        is_restored = udpnat_backup_restore (options->line, options->profile, passphrase, &error);
      udpnat_cli_passphrase_wipe (passphrase);
      if (is_restored)
        break;
      complain (error);
      if (!may_try_again (options, error, n_tries))
        return 1;
    }
  g_print (_("Restored to %s. Do not go on using the place it came from: two of the same key "
             "cannot be connected at once.\n"), options->profile);
  return 0;
}

/* Asks for the passphrase of the new backup. Returns FALSE when there is no answer; "" and so no
 * passphrase is one. */
static gboolean
ask_for_backup (UdpnatCli *self,
                char     **out_passphrase)
{
  g_autoptr (GError) error = NULL;

  *out_passphrase = NULL;
  if (self->options->is_unencrypted)
    return TRUE;
  if (self->options->new_passphrase_file == NULL && !udpnat_cli_passphrase_can_ask ())
    {
      udpnat_cli_view_show_error (self->view, "usage", _("Give --new-passphrase-file FILE with a "
                                                         "passphrase for the backup, or "
                                                         "--unencrypted."));
      return FALSE;
    }
  *out_passphrase =
    udpnat_cli_passphrase_get_new (self->options,
                                   _("Passphrase for the backup (none: not encrypted): "), &error);
  if (*out_passphrase == NULL)
    udpnat_cli_say_error (self, "not-written", error);
  else if (**out_passphrase == '\0')
    g_clear_pointer (out_passphrase, g_free);
  return error == NULL;
}

void
udpnat_cli_command_backup (UdpnatCli  *self,
                           const char *arguments)
{
  gboolean may_replace = udpnat_cli_take_option (&arguments, "--replace");
  g_autofree char *path = udpnat_cli_take_word (&arguments);
  g_autoptr (GError) error = NULL;
  char *passphrase;
  gboolean is_encrypted;
  gboolean is_written;

  if (*path == '\0' || *arguments != '\0' || self->options->mode != UDPNAT_CLI_MODE_OFFLINE)
    {
      udpnat_cli_say_usage (self, _("udpnat-cli backup FILE, at the shell, when this is left"));
      return;
    }
  if (!ask_for_backup (self, &passphrase))
    return;
  is_encrypted = passphrase != NULL;
  is_written = udpnat_client_back_up (self->client, path, passphrase, may_replace, &error);
  udpnat_cli_passphrase_wipe (passphrase);
  if (!is_written)
    {
      udpnat_cli_say_error (self, "not-written", error);
      return;
    }
  udpnat_cli_view_tell (self->view, "written", "file", path, NULL);
  udpnat_cli_view_show_clean (self->view,
                              is_encrypted
                                ? _("Written to %s. Whoever has it and the passphrase is you: "
                                    "keep it safe.")
                                : _("Written to %s. Whoever has it is you: keep it safe."), path);
}

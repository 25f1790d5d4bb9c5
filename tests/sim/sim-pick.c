#include "config.h"

#include "sim-pick.h"

#include <string.h>

/* Worlds that are less than their seed says, as options of a command and back. */

void
sim_pick_init (SimPick *self,
               guint64  seed)
{
  *self = (SimPick) { .seed = seed };
}

void
sim_pick_clear (SimPick *self)
{
  g_clear_pointer (&self->keep, g_array_unref);
}

SimPick
sim_pick_copy (const SimPick *self)
{
  SimPick copy = *self;

  if (self->keep != NULL)
    copy.keep = g_array_copy (self->keep);
  return copy;
}

/** sim_pick_make: Returns: (transfer full): the world that is left */
SimScenario *
sim_pick_make (const SimPick *self)
{
  SimScenario *scenario = sim_scenario_new (self->seed);

  if (self->keep != NULL)
    sim_scenario_keep_events (scenario, (const guint *) self->keep->data, self->keep->len);
  for (guint i = 0; i < scenario->n_people; i++)
    if (self->is_dropped[i])
      sim_scenario_drop_person (scenario, i);
  for (guint i = 0; i < SIM_N_FEATURES; i++)
    if (self->is_plain[i])
      sim_scenario_drop_feature (scenario, (SimFeature) i);
  return scenario;
}

/* ---- As options ---- */

static gboolean
parse_number (const char *text,
              guint64     max,
              guint64    *out)
{
  return g_ascii_string_to_unsigned (text, 10, 0, max, out, NULL);
}

static gboolean
parse_keep (SimPick     *self,
            const char  *text,
            const char **out_wrong)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  self->keep = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; parts[i] != NULL && *text != '\0'; i++)
    {
      guint64 value;
      guint number;

      *out_wrong = "--keep";
      if (!parse_number (parts[i], G_MAXUINT, &value))
        return FALSE;
      number = (guint) value;
      g_array_append_val (self->keep, number);
    }
  return TRUE;
}

static gboolean
parse_without (SimPick     *self,
               const char  *text,
               const char **out_wrong)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      guint64 value;

      *out_wrong = "--without";
      if (!parse_number (parts[i], SIM_PEOPLE_MAX - 1, &value))
        return FALSE;
      self->is_dropped[value] = TRUE;
    }
  return TRUE;
}

static gboolean
parse_plain (SimPick     *self,
             const char  *text,
             const char **out_wrong)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      SimFeature feature;

      *out_wrong = "--plain";
      if (!sim_feature_parse (parts[i], &feature))
        return FALSE;
      self->is_plain[feature] = TRUE;
    }
  return TRUE;
}

/**
 * sim_pick_parse:
 * @keep: (nullable): numbers of events
 * @without: (nullable): numbers of people
 * @plain: (nullable): names of features
 * @out_wrong: the option that could not be read
 */
gboolean
sim_pick_parse (SimPick     *self,
                const char  *keep,
                const char  *without,
                const char  *plain,
                const char **out_wrong)
{
  return (keep == NULL || parse_keep (self, keep, out_wrong)) &&
         (without == NULL || parse_without (self, without, out_wrong)) &&
         (plain == NULL || parse_plain (self, plain, out_wrong));
}

static void
append_part (GString    *out,
             gboolean   *is_first,
             const char *option,
             const char *value)
{
  g_string_append_printf (out, "%s%s", *is_first ? option : ",", value);
  *is_first = FALSE;
}

/** sim_pick_dup_options: Returns: (transfer full): what to give to udpnat-sim for this world */
char *
sim_pick_dup_options (const SimPick *self)
{
  GString *out = g_string_new (NULL);
  gboolean is_first = TRUE;

  g_string_printf (out, "--seed %" G_GUINT64_FORMAT, self->seed);
  if (self->keep != NULL && self->keep->len == 0)
    g_string_append (out, " --keep ''");
  for (guint i = 0; self->keep != NULL && i < self->keep->len; i++)
    {
      g_autofree char *number = g_strdup_printf ("%u", g_array_index (self->keep, guint, i));

      append_part (out, &is_first, " --keep ", number);
    }
  is_first = TRUE;
  for (guint i = 0; i < SIM_PEOPLE_MAX; i++)
    {
      g_autofree char *number = g_strdup_printf ("%u", i);

      if (self->is_dropped[i])
        append_part (out, &is_first, " --without ", number);
    }
  is_first = TRUE;
  for (guint i = 0; i < SIM_N_FEATURES; i++)
    if (self->is_plain[i])
      append_part (out, &is_first, " --plain ", sim_feature_to_string ((SimFeature) i));
  return g_string_free (out, FALSE);
}

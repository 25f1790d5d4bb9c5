#pragma once

#include "sim-timeline.h"

G_BEGIN_DECLS

typedef enum
{
  SIM_NOTE_SCRIPT, /* what was made to happen */
  SIM_NOTE_FACT,   /* what a node told */
  SIM_NOTE_SAID,
  SIM_NOTE_LINES,  /* came to @to */
  SIM_NOTE_PACKET, /* likewise */
} SimNoteKind;

/**
 * SimNote:
 * @from: number of a person, or SIM_PEOPLE_MAX and that of a server; -1: nobody's
 * @to: likewise; -1: this is about @from alone
 * @n: so many in a row
 * @text: owned
 */
typedef struct
{
  gint64      at_us;
  SimNoteKind kind;
  int         from;
  int         to;
  guint       n;
  char       *text;
} SimNote;

struct _SimTimeline
{
  GArray            *notes; /* of SimNote */
  GString           *place; /* the world in words */
  const SimScenario *scenario; /* borrowed */
};

G_END_DECLS

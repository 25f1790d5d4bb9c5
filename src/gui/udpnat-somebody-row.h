#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_SOMEBODY_ROW (udpnat_somebody_row_get_type ())
G_DECLARE_DERIVABLE_TYPE (UdpnatSomebodyRow, udpnat_somebody_row, UDPNAT, SOMEBODY_ROW, GtkBox)

/**
 * UdpnatSomebodyRow:
 *
 * A row of a list that shows somebody, whatever it says of them: abstract. The template of a class
 * that is one has children "avatar" and "title", which are taken care of. Property: person
 * (nullable).
 */
struct _UdpnatSomebodyRowClass
{
  GtkBoxClass parent_class;

  /* Shows what is to be said of @person, all of it. */
  void (*refresh) (UdpnatSomebodyRow *self,
                   UdpnatPerson      *person);
};

GtkWidget    *udpnat_somebody_row_new        (GType              type,
                                              UdpnatClient      *client)
  G_GNUC_WARN_UNUSED_RESULT;
void          udpnat_somebody_row_set_person (UdpnatSomebodyRow *self,
                                              UdpnatPerson      *person);
UdpnatPerson *udpnat_somebody_row_get_person (UdpnatSomebodyRow *self);
UdpnatClient *udpnat_somebody_row_get_client (UdpnatSomebodyRow *self);
const char   *udpnat_somebody_row_get_title  (UdpnatSomebodyRow *self);
gboolean      udpnat_somebody_row_is_self    (UdpnatSomebodyRow *self);
void          udpnat_somebody_row_refresh    (UdpnatSomebodyRow *self);

void          udpnat_somebody_row_class_set_template (UdpnatSomebodyRowClass *klass,
                                                      const char             *resource);

G_END_DECLS

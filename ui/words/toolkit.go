package words

import (
	"encoding/json"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
)

// teachToolkit gives the toolkit, which speaks the system's language and cannot
// be told otherwise, its own few texts in the language that is spoken: as those
// of the system's locale.
func teachToolkit() error {
	b, err := json.Marshal(map[string]string{
		"Advanced": T("Advanced"), "Cancel": T("Cancel"), "Confirm": T("Confirm"), "Copy": T("Copy"), "Create Folder": T("Create Folder"),
		"Cut": T("Cut"), "Enter filename": T("Enter filename"), "Error": T("Error"), "Favourites": T("Favourites"), "File": T("File"),
		"Folder": T("Folder"), "New Folder": T("New Folder"), "No": T("No"), "OK": T("OK"), "Open": T("Open"), "Paste": T("Paste"),
		"Quit": T("Quit"), "Redo": T("Redo"), "Save": T("Save"), "Select all": T("Select all"), "Show Hidden Files": T("Show Hidden Files"),
		"Undo": T("Undo"), "Yes": T("Yes"), "file.name": T("Name"), "file.parent": T("Parent folder"),
	})
	if err != nil {
		return fmt.Errorf("write the toolkit's texts: %w", err)
	}
	system := lang.SystemLocale()
	if system == "" {
		system = fyne.Locale("en")
	}
	if err := lang.AddTranslationsForLocale(b, system); err != nil {
		return fmt.Errorf("give the toolkit its texts: %w", err)
	}
	return nil
}

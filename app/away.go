package app

// Away says why the library folder cannot be used now, such as [ErrNotMounted] while
// its disk is not connected; nil when it is there. It looks at the folder, which on a
// network drive may take long.
func (a *App) Away() error { return a.files.Mounted() }

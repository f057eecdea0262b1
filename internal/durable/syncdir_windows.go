package durable

// SyncDir does nothing: Windows journals names itself, and has no call to
// flush a directory.
func SyncDir(string) error { return nil }

package filelayer

func validDeviceID(id string) bool { return len(id) == 64 && hexOnly(id) }

func hexOnly(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

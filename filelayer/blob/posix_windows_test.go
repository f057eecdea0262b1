package blob

const posixErrors = false

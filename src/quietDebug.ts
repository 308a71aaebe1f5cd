/**
 * Keeps secrets out of what `DEBUG` makes libraries tell: ioredis would write every command, the password among them. It reads the
 * variable when it is loaded, so this module comes before whatever loads it.
 */
if (process.env.DEBUG) process.env.DEBUG = `${process.env.DEBUG},-ioredis:redis`

export {}

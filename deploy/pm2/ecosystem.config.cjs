// Two instances: npm run build && pm2 start deploy/pm2/ecosystem.config.cjs
const { resolve } = require("node:path")

module.exports = {
  apps: [
    {
      name: "touchline",
      cwd: resolve(__dirname, "../.."),
      script: "dist/main.js",
      args: "start",
      instances: 2,
      exec_mode: "fork",
      kill_timeout: 15000
    }
  ]
}

import { createApp } from 'vue'
import './ui/tokens.css'
import App from './App.vue'
import { createI18nFor, preferredLocale } from './i18n'
import { createAppRouter } from './router'
import { preferredScheme, setScheme } from './ui/scheme'

setScheme(preferredScheme())
const app = createApp(App)
app.use(await createI18nFor(preferredLocale()))
app.use(createAppRouter())
app.mount('#app')

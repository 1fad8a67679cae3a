/** The pages, each in a chunk of its own; a page that shows data needs the key of the phone's storage. */
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { gate } from './session/gate'

const page = {
  today: () => import('./steward/pages/TodayPage.vue'),
  elder: () => import('./steward/pages/ElderPage.vue'),
  visit: () => import('./steward/pages/VisitPage.vue'),
  work: () => import('./steward/pages/WorkPage.vue'),
  followup: () => import('./steward/pages/FollowUpPage.vue'),
  hazard: () => import('./steward/pages/HazardPage.vue'),
  careBed: () => import('./steward/pages/CareBedPage.vue'),
  publicity: () => import('./steward/pages/PublicityPage.vue'),
  noAnswer: () => import('./steward/pages/NoAnswerPage.vue'),
  emergencies: () => import('./steward/pages/EmergenciesPage.vue'),
  emergency: () => import('./steward/pages/EmergencyPage.vue'),
  outbox: () => import('./steward/pages/OutboxPage.vue'),
  me: () => import('./steward/pages/MePage.vue'),
  login: () => import('./session/LoginPage.vue'),
  unlock: () => import('./session/UnlockPage.vue'),
}

export const routes: RouteRecordRaw[] = [
  { path: '/', name: 'today', component: page.today },
  { path: '/elders/:id', name: 'elder', component: page.elder, props: true },
  { path: '/visits/new/:householdId', name: 'visit', component: page.visit, props: true },
  { path: '/visits/:id/correct/:householdId', name: 'correct-visit', component: page.visit, props: true },
  { path: '/work', name: 'work', component: page.work },
  { path: '/follow-ups/:orderId', name: 'follow-up', component: page.followup, props: true },
  { path: '/hazards/:id', name: 'hazard', component: page.hazard, props: true },
  { path: '/care-beds/:id', name: 'care-bed', component: page.careBed, props: true },
  { path: '/publicity', name: 'publicity', component: page.publicity },
  { path: '/no-answer/:id', name: 'no-answer', component: page.noAnswer, props: true },
  { path: '/emergencies', name: 'emergencies', component: page.emergencies },
  { path: '/emergencies/:id', name: 'emergency', component: page.emergency, props: true },
  { path: '/outbox', name: 'outbox', component: page.outbox },
  { path: '/me', name: 'me', component: page.me },
  { path: '/login', name: 'login', component: page.login, meta: { open: true } },
  { path: '/unlock', name: 'unlock', component: page.unlock, meta: { open: true } },
  { path: '/:rest(.*)', redirect: '/' },
]

export function createAppRouter() {
  const router = createRouter({ history: createWebHistory(), routes, scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 } })
  router.beforeEach(gate)
  return router
}

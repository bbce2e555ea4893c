/** The reference thread with the imports that a thread of actors has. */
import '../../../src/kernel/index.ts'
import './raw-echo.ts'

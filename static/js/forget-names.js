/** Nobody is signed in where this runs: the list of people that the roll call saved on this device goes. */

import {forgetNames} from "./roll-call-store.js";

forgetNames();

import { countWhileTyping } from "./counting.js";
import { sendOnce, takeFocus } from "./forms.js";
import { partsOf } from "./segmenting.js";

takeFocus();
sendOnce();
countWhileTyping({ partsOf });

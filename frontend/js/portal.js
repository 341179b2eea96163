import { countWhileTyping } from "./counting.js";
import { leaveQuickly } from "./leaving.js";
import { sendOnce, takeFocus } from "./forms.js";

takeFocus();
sendOnce();
leaveQuickly();
countWhileTyping({});

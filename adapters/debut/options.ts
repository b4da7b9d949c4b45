/**
 * Options of the plugin, to be mixed into the options of a strategy: flat, numbers and switches, so that the genetic
 * optimiser can vary them. Unknown options are somebody else's and ignored.
 */
export interface EdgekeeperPluginOptions {
  /** Master switch; default true. Off, the plugin has no hooks: every order leaves as the strategy made it. */
  edgekeeper?: boolean;
  edgekeeperQuality?: boolean;
  edgekeeperWeighting?: boolean;
  edgekeeperRetirement?: boolean;
  /** The aggressive preset; default false. */
  edgekeeperAggressive?: boolean;
  /** Send everything as the strategy made it, and only note what would have been sent; default false. */
  edgekeeperObserve?: boolean;
  /** Go by the guarded rules instead of what each signal is expected to earn; default false. */
  edgekeeperGuarded?: boolean;
  /** Go by thresholds alone, as the rules were founded, which needs no evidence; default false. */
  edgekeeperLiteral?: boolean;
  /** Weight of the strategy before anything is learned, between the least and the most weight; default 1. */
  edgekeeperBaseWeight?: number;
  /** Score in [0,1] below which a signal is of low quality; default 0.7. */
  edgekeeperThreshold?: number;
  edgekeeperAdjustmentRate?: number;
  edgekeeperMinWeight?: number;
  edgekeeperMaxWeight?: number;
  /** Let sizes grow as well, up to twice; default false, because Debut does not check risk again after the hook. */
  edgekeeperIncreases?: boolean;
  /** Judge orders that add to an open position, too; default false. */
  edgekeeperGateAdds?: boolean;
  /** Send the venue's minimum instead of nothing, for strategies that do not survive a veto; default false. */
  edgekeeperShrink?: boolean;
  /** Least value of an order in quote currency, where the instrument does not know it; default 0. */
  edgekeeperMinNotional?: number;
  /** Print vetoes, scaled sizes and closed trades; default false. */
  edgekeeperLog?: boolean;
  /** Name of the strategy; default that of its class, which a minifier may mangle. */
  edgekeeperStrategy?: string;
}

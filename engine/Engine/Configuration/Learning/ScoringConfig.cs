using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Pipeline.Batches;

namespace CartRecovery.Engine.Configuration.Learning;

/// <summary>The model that scores carts.</summary>
public sealed class ScoringConfig
{
    [ConfigKey("The ONNX model, relative to the folder of the configuration file, or else to config/ beside the program.", Reloads = true)]
    public string Model { get; set; } = "models/purchase.onnx";

    [ConfigKey("Models with a job of their own, by the name that a campaign's score trigger asks for, each a file as in model. They score only the rows whose campaigns ask "
        + "for them.", Max = "8", Reloads = true, Example = "{ uplift_mail: models/uplift.onnx }")]
    public Dictionary<string, string> Models { get; set; } = new(StringComparer.Ordinal);

    [ConfigKey("The events that are scored. all: every event. cart: events that change a cart's contents, checkout or coupon, and events that "
        + "trigger a campaign; score triggers then see only those scores.")]
    public ScoredEvents Events { get; set; }

    [ConfigKey("Maximum number of rows in one run of the model.", Min = "1", Max = "4096")]
    public int Batch { get; set; } = 256;

    [ConfigKey("Maximum time a row waits for its batch to fill.", Max = "1s")]
    public Duration MaxAge { get; set; } = Duration.FromMilliseconds(1);
}

using System.Globalization;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Host.Commands;

/// <summary><c>models fit</c>: makes the default model again, from a log.</summary>
static class ModelsCommand
{
    public static int Run(ModelsOptions options)
    {
        if (options.Action != "fit")
        {
            Console.Error.WriteLine($"error: models cannot '{options.Action}'; it can: fit");
            return ExitCode.BadUsage;
        }

        List<ShopEvent> log;
        try
        {
            log = ShopLog.Read(options.Events);
        }
        catch (Exception e) when (e is IOException or FormatException or InvalidDataException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"error: {e.Message}");
            return ExitCode.Failed;
        }

        Console.WriteLine($"{log.Count:N0} events of {options.Events}; folding them and fitting takes about a minute");
        var fit = new FitOptions { Slices = PurchaseTrainingSet.Slices };
        var model = ModelFitter.Fit(PurchaseTrainingSet.From(log), fit);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(options.Out))!);
        model.WriteOnnx(options.Out, "purchase", options.ModelVersion);
        var card = Path.ChangeExtension(options.Out, ".md");
        ModelCard.Write(card, model, new ModelCardFacts
        {
            Name = "purchase",
            Version = options.ModelVersion,
            Purpose = "The probability that a cart still comes to a purchase in its session, judged after each of its events.",
            DataSource = "every event of a real multi-category shop in one night's three hours (2019-10-01): REES46 Marketing Platform "
                + "(rees46.com), open data set \"eCommerce behavior data from multi category store\"; config/demo/SOURCE.md.",
            Licence = "free to use with a mention of the source and of REES46, which this is.",
            Split = $"a row is a cart after one of its events, up to its first purchase. The first {100 * (1 - fit.HeldOutShare):0}% of the time are for training "
                + "(features, settings and learner were chosen there, by cross-validation over shoppers, whose AUC that flatters a little); held out are the later rows of shoppers not seen before.",
            Limits =
            [
                "Checkout steps, coupons, removals, devices, traffic sources and page views do not occur in the log: they count as events, and say nothing more.",
                "Times of day, weekdays and the customer's earlier orders are left out: three hours of one night cannot teach them.",
                "What kind of product it is, and how many others look at it: both tell something in this log, but the engine keeps neither.",
                "What the demo would be like on another night: it replays the log that most of the model was learned from.",
                "How the night went on: a cart that was bought after the log ends counts as not bought.",
                "Prices are this shop's, in US dollars. In another shop, fit it anew on its own log.",
            ],
            Command = $"cartrecovery models fit --events {options.Events} --out {options.Out}",
        });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{model.Report.Model}: held-out AUC {model.Report.Auc:F3} ({model.Report.AucInterval.Low:F3} to {model.Report.AucInterval.High:F3})"));
        Console.WriteLine($"written: {options.Out} and {card}");
        return ExitCode.Fine;
    }
}

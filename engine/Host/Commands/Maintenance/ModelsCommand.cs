using System.Globalization;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring;
using CartRecovery.Host.Output;

namespace CartRecovery.Host.Commands.Maintenance;

/// <summary>Implements <c>models</c>. <c>models fit</c> fits the default model to a log; <see cref="RegistryCommand"/> has the other actions.</summary>
static class ModelsCommand
{
    /// <summary>The action that needs neither configuration nor data folder.</summary>
    public const string Fit = "fit";

    public static Task<int> RunAsync(ModelsOptions options) => options.Action == Fit ? Task.FromResult(FitModel(options)) : RegistryCommand.RunAsync(options);

    static int FitModel(ModelsOptions options)
    {
        List<ShopEvent> log;
        try
        {
            log = ShopLog.Read(options.Events);
        }
        catch (Exception e) when (e is IOException or FormatException or InvalidDataException or UnauthorizedAccessException)
        {
            return CommandErrors.Print(e);
        }

        Console.WriteLine($"{log.Count:N0} events in {options.Events}; fitting takes about a minute");
        var fit = new FitOptions { Slices = PurchaseTrainingSet.Slices };
        var rows = PurchaseTrainingSet.From(log);
        var model = ModelFitter.Fit(rows, fit);
        if (options.Against is { } champion && !Beats(model, rows, fit, champion))
        {
            return ExitCode.Failed;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(options.Out))!);
        model.WriteOnnx(options.Out, "purchase", options.ModelVersion);
        var card = Path.ChangeExtension(options.Out, ".md");
        ModelCard.Write(card, model, new ModelCardFacts
        {
            Name = "purchase",
            Version = options.ModelVersion,
            Purpose = "Predicts the probability that a cart ends in a purchase within its session. Evaluated after each event of the cart.",
            DataSource = "every event of a real multi-category shop in three hours of one night (2019-10-01): REES46 Marketing Platform "
                + "(rees46.com), open data set \"eCommerce behavior data from multi category store\"; config/demo/SOURCE.md.",
            Licence = "free to use if the source and REES46 are credited, as they are here.",
            Split = $"a row is a cart after one of its events, up to its first purchase. Training rows are from the first {100 * (1 - fit.HeldOutShare):0}% of the time "
                + "range. Features, settings and the learner were selected on them by cross-validation over shoppers, so that AUC is slightly optimistic. Held-out rows are later and from other shoppers.",
            Limits =
            [
                "The log has no checkout steps, coupons, removals, devices, traffic sources or page views. The model sees them only in the event count.",
                "Time of day, weekday and the customer's earlier orders are excluded: three hours of one night hold no information about them.",
                "The categories' popularity (category_views_now, category_adds_now) is informative in this log, but not among its features: on the held-out rows it ranks better, with no lower log loss.",
                "The demo is not an independent test: it replays the log that most of the model was trained on.",
                "A cart that was purchased after the end of the log counts as not purchased.",
                "Prices are this shop's, in US dollars. Fit the model again on your own shop's log.",
            ],
            Command = $"cartrecovery models fit --events {options.Events} --out {options.Out}",
        });
        Terminal.WriteTable(
        [
            ["MODEL", "HELD-OUT AUC", "95% INTERVAL", "FILE", "CARD"],
            [
                model.Report.Model, model.Report.Auc.ToString("F3", CultureInfo.InvariantCulture),
                string.Create(CultureInfo.InvariantCulture, $"{model.Report.AucInterval.Low:F3} to {model.Report.AucInterval.High:F3}"), options.Out, card,
            ],
        ]);
        return ExitCode.Success;
    }

    // Nothing is written if the champion stays.
    static bool Beats(FittedModel model, TrainingSet rows, FitOptions fit, string champion)
    {
        try
        {
            var result = ChampionChallenge.Judge(model, rows, fit, champion);
            (result.IsAccepted ? Console.Out : Console.Error).WriteLine(result.IsAccepted ? $"better than {champion}: {result.Reason}"
                : $"error: {result.Code}: not better than {champion}; nothing was written. {result.Reason}");
            return result.IsAccepted;
        }
        catch (ModelException e)
        {
            Console.Error.WriteLine($"error: {e.Message}");
            return false;
        }
    }
}

using System.Globalization;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Drift;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Retraining;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring.Canary;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Bench.Learning;

/// <summary>
/// A shop that learns, day by day in virtual time: the engine's own trainer, challenge, evaluation of shadows, guardrails and drift detector, from the
/// shipped model on, with nobody in between.
/// </summary>
sealed class LearningLoop : IDisposable
{
    const int HistoryDays = 28, HoursADay = 24;

    static readonly uint s_currency = CurrencyCode.Parse("EUR");

    readonly LearningLoopOptions _options;
    readonly OnnxModel _prior;
    readonly SimulatedShop _shop;
    readonly string _folder = Directory.CreateTempSubdirectory("cartrecovery-learning-").FullName;
    readonly List<OnnxModel> _loaded = [];
    readonly List<(int Day, JournalRow Row)> _history = [];
    OnnxModel? _shadow;
    int _shadowSince, _trainedAt = int.MinValue / 2, _models;
    bool _isPoisoned, _hasChanged;
    CanaryModel? _canary;
    CanaryPolicy _policy;
    ServedModel _served;
    long _cartsAtStep;
    long? _conceptSince;

    /// <param name="options">How.</param>
    /// <param name="prior">The model that the shop begins with. Stays the caller's.</param>
    public LearningLoop(LearningLoopOptions options, OnnxModel prior)
    {
        (_options, _prior, _shop, _policy) = (options, prior, new SimulatedShop(options.Seed), options.Policy);
        (Champion, _served) = (prior, new ServedModel(prior, ServingPlan.ChampionAlias));
    }

    /// <summary>The model that decides.</summary>
    public OnnxModel Champion { get; private set; }

    /// <summary>What happened.</summary>
    public List<LoopStep> Steps { get; } = [];

    /// <summary>The next day.</summary>
    public int Day { get; private set; }

    /// <summary>Expected revenue that a poisoned candidate has cost, because it decided for the champion.</summary>
    public double PoisonCost { get; private set; }

    /// <summary>Lives through days.</summary>
    /// <param name="days">How many.</param>
    /// <param name="truth">What decides what is bought.</param>
    public void Run(int days, ShopTruth truth)
    {
        for (var end = Day + days; Day < end; Day++)
        {
            Live(_shop.Day(Day, _options.CartsADay, truth));
            Learn();
        }
    }

    /// <summary>Lives on until there is neither a shadow nor a canary, for four weeks at most.</summary>
    public void Settle(ShopTruth truth)
    {
        for (var day = 0; day < HistoryDays && (_shadow is not null || _canary is not null); day++)
        {
            Run(1, truth);
        }
    }

    /// <summary>Compares the champion with the truth on carts that nobody has seen.</summary>
    public LoopQuality Measure(ShopTruth truth, int carts)
    {
        var fresh = new SimulatedShop(_options.Seed + 1000).Day(Day, carts, truth);
        byte[] labels = [.. fresh.Select(cart => cart.Row.PurchasedInSession ? (byte)1 : (byte)0)];
        var scores = ShadowEvaluation.Score([.. fresh.Select(cart => cart.Row)], Champion);
        return new LoopQuality(
            Metrics.Auc(scores, labels), Metrics.Auc([.. fresh.Select(cart => (float)cart.Probability)], labels), Metrics.CalibrationError(scores, labels));
    }

    /// <summary>Trains a candidate on flipped labels, as a broken integration would, and makes it the shadow; or at once the canary.</summary>
    public void Poison(bool isCanary)
    {
        var rows = Labelled().Select(row => Copy(row, !row.PurchasedInSession)).ToArray();
        var result = new Retrainer(_options.Retraining).Run(new JournalDataset(rows), Champion.Features, prior: null, "shop", _ => { }, new TrainingRun());
        Add("poisoned", $"{(isCanary ? "canary" : "shadow")}: {result.Code}");
        if (isCanary)
        {
            BeginCanary(Load(result.Model!), shift: null);
            _isPoisoned = true;
        }
        else
        {
            (_shadow, _shadowSince) = (Load(result.Model!), Day);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loaded.ForEach(model => model.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    void Live(SimulatedCart[] carts)
    {
        JournalRow[] rows = [.. carts.Select(cart => cart.Row)];
        var champion = ShadowEvaluation.Score(rows, Champion);
        var canary = _canary is null ? champion : ShadowEvaluation.Score(rows, _canary.Served.Model);
        var hour = 0;
        for (var i = 0; i < carts.Length; i++)
        {
            for (; hour < HoursADay && rows[i].At >= SimulatedShop.Begin + (Day * TimeSpan.MillisecondsPerDay) + (hour * TimeSpan.MillisecondsPerHour); hour++)
            {
                Judge(rows[i].At);
            }

            rows[i].Score = champion[i];
            var isCanary = _canary?.Includes(CartRecord.SubjectOf([], rows[i].Cart)) == true;
            var (isOffered, wouldBe) = ((isCanary ? canary[i] : champion[i]) < _options.OfferBelow, champion[i] < _options.OfferBelow);
            PoisonCost += isCanary && _isPoisoned ? carts[i].ExpectedRevenueOf(wouldBe) - carts[i].ExpectedRevenueOf(isOffered) : 0;
            if (_canary is not null)
            {
                Signal(carts[i], isCanary, champion[i], canary[i], carts[i].RevenueOf(isOffered));
            }
        }

        _history.AddRange(rows.Take(_options.RowsADay).Select(row => (Day, row)));
        _history.RemoveAll(one => one.Day <= Day - HistoryDays);
    }

    void Signal(SimulatedCart cart, bool isCanary, float champion, float canary, double revenue)
    {
        var (of, outcomes) = (cart.Row, _canary!.Outcomes!);
        var signal = new CanarySignal { Cart = of.Cart, At = of.At, Currency = s_currency, IsCanary = isCanary };
        outcomes.Add(signal with { Kind = CanarySignalKind.Entered, Share = (float)_canary.Percent, EntersAt = _canary.PercentOf(CartRecord.SubjectOf([], of.Cart)) });
        if (isCanary)
        {
            outcomes.Add(signal with { Kind = CanarySignalKind.Scored, Champion = champion, Canary = canary });
        }

        if (revenue > 0)
        {
            outcomes.Add(signal with { Kind = CanarySignalKind.Ordered, IsProven = true, Value = (long)(revenue * Money.PerUnit) });
        }
    }

    void Judge(long now)
    {
        if (_canary is not { Outcomes: { } outcomes } canary)
        {
            return;
        }

        outcomes.Advance(now);
        var verdict = new CanaryGuard(_policy).Judge(canary, _served, outcomes.Snapshot(), _cartsAtStep);
        switch (verdict.Action)
        {
            case CanaryAction.StepUp:
                Add("step", $"{verdict.Percent}%: {verdict.Text}");
                _canary = new CanaryModel(canary.Served, verdict.Percent, outcomes);
                _cartsAtStep = outcomes.Snapshot().Canary.Carts;
                break;
            case CanaryAction.Promote:
                Add("promoted", verdict.Text);
                (Champion, _served, _canary) = (canary.Served.Model, new ServedModel(canary.Served.Model, ServingPlan.ChampionAlias), null);
                (_conceptSince, _hasChanged) = (null, false);
                break;
            case CanaryAction.RollBack:
                Add("rolled_back", $"{verdict.Reason}: {verdict.Text}");
                (_canary, _isPoisoned) = (null, false);
                break;
        }
    }

    // At night, on what is known by then.
    void Learn()
    {
        var rows = Labelled().ToArray();
        LookForDrift(rows);
        EvaluateShadow(rows);
        if (_shadow is null && _canary is null && (Day % _options.TrainEvery == _options.TrainEvery - 1 || (_hasChanged && Day - _trainedAt >= _options.Cooldown)))
        {
            Train(rows);
        }
    }

    void LookForDrift(JournalRow[] rows)
    {
        var detector = new ConceptDriftDetector();
        foreach (var row in rows)
        {
            if (detector.Add(row.Score, row.PurchasedInSession ? 1 : 0) is not DriftCause.None and var cause)
            {
                _conceptSince = row.At;
                if (!_hasChanged)
                {
                    Add("drift", $"{cause}".ToLowerInvariant());
                }

                _hasChanged = true;
                return;
            }
        }

        (_hasChanged, _conceptSince) = (false, null);
    }

    void EvaluateShadow(JournalRow[] rows)
    {
        if (_shadow is not { } shadow)
        {
            return;
        }

        JournalRow[] since = [.. rows.Where(row => row.At >= SimulatedShop.Begin + ((_shadowSince + 1) * TimeSpan.MillisecondsPerDay))];
        var scores = ShadowEvaluation.Score(since, shadow);
        var result = ShadowEvaluation.Evaluate(since, scores, _options.Retraining);
        if (result.Verdict == ShadowVerdict.Worse)
        {
            Add("withdrawn", result.Reason);
            _shadow = null;
        }
        else if (result.Verdict == ShadowVerdict.Holds)
        {
            var comparison = new ScoreComparison();
            comparison.Add([.. since.Select(row => row.Score)], scores);
            BeginCanary(shadow, comparison.Snapshot().StabilityIndex);
            _shadow = null;
            Add("canary", result.Reason);
        }
    }

    void BeginCanary(OnnxModel model, double? shift)
    {
        _policy = _options.Policy.Allowing(shift);
        var outcomes = new CanaryOutcomes(_policy.Horizon, _policy.Alpha);
        (_canary, _cartsAtStep, _isPoisoned) = (new CanaryModel(new ServedModel(model, ServingPlan.CanaryAlias), _policy.Steps[0], outcomes), 0, false);
    }

    void Train(JournalRow[] rows)
    {
        _trainedAt = Day;
        var retraining = _conceptSince is { } since ? _options.Retraining with { From = since } : _options.Retraining;
        var result = new Retrainer(retraining).Run(new JournalDataset(rows), Champion.Features, _prior, "shop", _ => { }, new TrainingRun());
        Add(result.IsAccepted ? "trained" : "refused", $"{result.Learner}: {result.Code}: {result.Reason}");
        if (result.IsAccepted)
        {
            (_shadow, _shadowSince) = (Load(result.Model!), Day);
        }
    }

    // Scored by the present champion, as a replay would.
    IEnumerable<JournalRow> Labelled()
    {
        JournalRow[] known = [.. _history.Where(one => one.Day <= Day - _options.LabelDays).Select(one => one.Row)];
        var every = Math.Max(1, (known.Length + _options.MaxRows - 1) / _options.MaxRows);
        JournalRow[] rows = [.. known.Where((_, i) => i % every == 0)];
        var scores = ShadowEvaluation.Score(rows, Champion);
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i].Score = scores[i];
        }

        return rows;
    }

    static JournalRow Copy(JournalRow row, bool isBought) => new()
    {
        Cart = row.Cart,
        Store = row.Store,
        At = row.At,
        ReceivedAt = row.ReceivedAt,
        Features = row.Features,
        Session = row.Session,
        Score = row.Score,
        IsLabelled = true,
        PurchasedInSession = isBought,
        Group = row.Group,
    };

    OnnxModel Load(byte[] bytes)
    {
        var path = Path.Combine(_folder, $"{++_models}.onnx");
        File.WriteAllBytes(path, bytes);
        var model = OnnxModel.Load(path, FeatureTable.Names, string.Create(CultureInfo.InvariantCulture, $"shop@{_models}"));
        _loaded.Add(model);
        return model;
    }

    void Add(string kind, string text) => Steps.Add(new LoopStep(Day, kind, text));
}

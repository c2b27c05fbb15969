//! The report of attack detection.

use super::super::pad::Pad;
use super::plot::{Axis, COLOURS, Plot};
use super::{Report, Said, Section, limits, models_section, percent, said, told};
use crate::domain::rates::disparity::Disparity;

/// Draws it up.
pub(in crate::cli::evaluate) fn report(found: &Pad) -> Report {
    let mut sections = vec![sample(found), rates(found), curves(found)];
    if !found.groups.is_empty() {
        sections.push(groups(found));
    }
    sections.extend([boundaries(), glossary()]);
    Report {
        title: said("活体检测测评报告", "How well attacks are found: a measurement"),
        summary: summary(found),
        alarms: alarms(found),
        sections,
    }
}

fn summary(found: &Pad) -> Vec<Said> {
    let (bpcer, within) = (percent(found.bpcer), limits(&found.bpcer_limits));
    let mut summary = vec![said(
        format!("本人到场的照片中，有 {bpcer} 被当作可疑（95 % 置信区间 {within}），转人工审核。"),
        format!("Of the pictures of living people, {bpcer} look suspicious (95 % limits: {within}) and go to people."),
    )];
    let worst = found.worst_species.as_ref().and_then(|species| Some((species, found.apcer_limits.get(species)?)));
    if let Some((species, worst)) = worst {
        let (rate, within) = (percent(worst.rate), limits(worst));
        summary.push(said(
            format!("最难识破的一类攻击（{species}）有 {rate} 没有被发现（95 % 置信区间 {within}）。"),
            format!("Of the attacks of the worst species ({species}), {rate} were not found (95 % limits: {within})."),
        ));
    }
    summary.push(said(
        "单张照片的检测只是一个信号：无人值守时，还须完成活体动作或由人审核。",
        "What one picture says is a signal only: without an attendant it takes an active challenge beside it, or people.",
    ));
    summary
}

fn alarms(found: &Pad) -> Vec<Said> {
    let all = found.groups.iter().flat_map(|(column, groups)| groups.iter().map(move |(value, g)| (column, value, g)));
    let worse = all.filter(|(_, _, group)| group.bpcer_against_whole == Disparity::Worse);
    let alarm = |(column, value, rate): (&String, &String, f64)| {
        let (rate, whole) = (percent(rate), percent(found.bpcer));
        said(
            format!("警报：{column} = {value} 一组的误拒率为 {rate}，整体为 {whole}，差距超过 25 %。"),
            format!(
                "Alarm: for {column} = {value} living people look suspicious in {rate}, for all in {whole}: more than 25 % worse."
            ),
        )
    };
    worse.map(|(column, value, group)| alarm((column, value, group.bpcer.rate))).collect()
}

fn sample(found: &Pad) -> Section {
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    models_section(
        &found.models,
        vec![
            row("真人照片 · Bona fide presentations", found.bona_fide.to_string()),
            row("攻击 · Attacks", found.attacks.to_string()),
            row("阈值 · Threshold", format!("{:.3}", found.threshold)),
            row("AUC", or_none(found.auc.map(|auc| format!("{auc:.6}")))),
            row("等错误率 · Equal error rate", or_none(found.eer.map(percent))),
        ],
    )
}

fn rates(found: &Pad) -> Section {
    let silent = &found.non_response;
    let mut rows = vec![vec![
        "真人 · bona fide (BPCER)".to_owned(),
        format!("{} ({})", percent(found.bpcer), limits(&found.bpcer_limits)),
        format!("{} / {}", found.bpcer_limits.errors, found.bpcer_limits.trials),
        format!("{} / {}", silent.bona_fide.errors, silent.bona_fide.trials),
    ]];
    rows.extend(found.apcer_limits.iter().map(|(species, apcer)| {
        let silent = silent.attacks.get(species).map(|rate| format!("{} / {}", rate.errors, rate.trials));
        vec![
            format!("{species} (APCER)"),
            format!("{} ({})", percent(apcer.rate), limits(apcer)),
            format!("{} / {}", apcer.errors, apcer.trials),
            silent.unwrap_or_default(),
        ]
    }));
    rows.extend(found.bpcer_at_apcer.iter().rev().map(|(apcer, at)| {
        let apcer = percent(apcer.parse().unwrap_or(f64::NAN));
        vec![
            format!("APCER ≤ {apcer} → BPCER"),
            format!("{} ({})", percent(at.bpcer.rate), limits(&at.bpcer)),
            format!("{} / {}", at.bpcer.errors, at.bpcer.trials),
            format!("阈值 · threshold {:.3}", at.threshold),
        ]
    }));
    rows.extend(found.signs.iter().map(|(sign, count)| {
        let told = format!("真人 · bona fide {}, 攻击 · attacks {}", count.bona_fide, count.attacks);
        vec![format!("攻击迹象 · sign: {sign}"), told, String::new(), String::new()]
    }));
    Section::new(said("错误率", "Rates")).table(
        [
            said("对象", "Of"),
            said("比率（95 % 区间）", "Rate (95 % limits)"),
            said("错误 / 总数", "Errors / all"),
            said("无响应 / 总数", "No response / all"),
        ],
        rows,
    )
}

fn curves(found: &Pad) -> Section {
    let mut section = Section::new(said("曲线", "Curves"));
    let fewest = found.apcer_limits.values().map(|rate| rate.trials).max().unwrap_or(1);
    let least = |count: u64| 1.0 / f64::from(u32::try_from(count.max(1)).unwrap_or(u32::MAX));
    if found.curve.values().any(|curve| !curve.is_empty()) {
        let mut plot = Plot::new(
            Axis::shares(least(fewest), "攻击通过率 · APCER"),
            Axis::shares(least(found.bpcer_limits.trials), "真人误拒率 · BPCER"),
        );
        for ((species, curve), colour) in found.curve.iter().zip(COLOURS.iter().cycle()) {
            plot.line(curve.iter().map(|point| (point.apcer, point.bpcer)), colour, species);
            plot.spot(found.apcer.get(species).copied().unwrap_or_default(), found.bpcer, colour);
        }
        let caption =
            said("每类攻击一条线；圆点为当前阈值", "One line for each species; the spot is the present threshold");
        section = section.plot(caption, plot.finish());
    }
    let [attacks, living] = &found.histograms;
    let highest = attacks.shares.iter().chain(&living.shares).copied().fold(0.0, f64::max);
    let mut spread =
        Plot::new(Axis::plain(0.0, 1.0, "活体分数 · liveness score"), Axis::plain(0.0, highest * 1.3, "占比 · share"));
    spread.bars(attacks, COLOURS[1], "攻击 · attacks");
    spread.bars(living, COLOURS[0], "真人 · bona fide");
    spread.mark(found.threshold.into(), COLOURS[5], "阈值 · threshold");
    section.plot(said("分数分布", "Spread of the scores"), spread.finish())
}

fn groups(found: &Pad) -> Section {
    let rows = found.groups.iter().flat_map(|(column, groups)| {
        groups.iter().map(move |(value, group)| {
            vec![
                format!("{column} = {value}"),
                format!("{} ({})", percent(group.bpcer.rate), limits(&group.bpcer)),
                group.bpcer.trials.to_string(),
                told(group.bpcer_against_whole).to_owned(),
                format!("{} ({})", percent(group.apcer.rate), limits(&group.apcer)),
                group.apcer.trials.to_string(),
            ]
        })
    });
    Section::new(said("各组是否被同样对待", "Are groups treated alike"))
        .words([said(
            "任何一组的真人误拒率不应比整体差 25 % 以上（NIST SP 800-63A-4）。",
            "The living people of no group should look suspicious more often than all by more than 25 % (NIST SP 800-63A-4).",
        )])
        .table(
            [
                said("组", "Group"),
                said("误拒率", "BPCER"),
                said("真人", "Bona fide"),
                said("判断", "Verdict"),
                said("攻击通过率", "APCER"),
                said("攻击", "Attacks"),
            ],
            rows.collect(),
        )
}

fn boundaries() -> Section {
    Section::new(said("这份报告不能说明什么", "What this does not show")).words([
        said(
            "只对样本中的攻击方式有效：没有试过的方式（更好的屏幕、面具、视频注入）可能更难发现。",
            "It holds for the kinds of attack in the sample: others (better screens, masks, injected video) may be harder to find.",
        ),
        said(
            "只看单张照片；连续画面和活体动作的检查不在其中。",
            "It is about single pictures; what a burst of frames and active challenges show is not in it.",
        ),
    ])
}

fn glossary() -> Section {
    let row = |zh: &str, en: &str| vec![zh.to_owned(), en.to_owned()];
    Section::new(said("名词", "Words")).table(
        [],
        vec![
            row(
                "攻击通过率 APCER：某类攻击被当作真人的比例",
                "APCER: of the attacks of a species, the share taken for living people",
            ),
            row("真人误拒率 BPCER：真人被当作攻击的比例", "BPCER: of living people, the share taken for attacks"),
            row(
                "无响应：没有找到唯一的人脸，不计入上述比率",
                "No response: no single face was found; counts in none of these rates",
            ),
            row("标准：ISO/IEC 30107-3", "Standard: ISO/IEC 30107-3"),
        ],
    )
}

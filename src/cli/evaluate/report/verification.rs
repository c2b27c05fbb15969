//! The report of comparisons.

use super::super::verification::{AtCalibration, FnmrAtFmr, Group, Verification};
use super::plot::{Axis, COLOURS, Plot};
use super::{Report, Said, Section, between, limits, models_section, percent, said, told};
use crate::domain::rates::disparity::Disparity;

/// The rate that the summary is about, as the default policy has it.
const MAIN: &str = "1e-3";

/// Draws it up.
pub(in crate::cli::evaluate) fn report(found: &Verification) -> Report {
    let mut sections = vec![sample(found), rates(found)];
    if !found.at_calibration.is_empty() {
        sections.push(calibrated(&found.at_calibration));
    }
    sections.push(curves(found));
    if !found.groups.is_empty() {
        sections.push(groups(found));
    }
    sections.extend([boundaries(found), glossary()]);
    Report {
        title: said("人脸比对准确度测评报告", "How well faces are compared: a measurement"),
        summary: summary(found),
        alarms: alarms(found),
        sections,
    }
}

fn summary(found: &Verification) -> Vec<Said> {
    let mut summary = Vec::new();
    if let Some(main) = found.fnmr_at_fmr.get(MAIN) {
        let (fnmr, limits) = (percent(main.fnmr), between(main.low, main.high));
        summary.push(said(
            format!("若每 1000 次冒用最多放过 1 次（误匹配率 0.1 %），则本人有 {fnmr} 的次数认不出来（95 % 置信区间 {limits}）。"),
            format!(
                "If at most 1 of 1000 other people may pass (false match rate 0.1 %), the right person is not recognised in \
                 {fnmr} of the comparisons (95 % limits: {limits})."
            ),
        ));
        if !main.supported {
            summary.push(said(
                format!("样本太小，不足以证明这一误匹配率：需要至少 {} 对不同人的比对，只有 {} 对。", main.impostor_needed, found.impostor),
                format!(
                    "The sample is too small to show this rate: it takes {} comparisons of different people, and there are {}.",
                    main.impostor_needed, found.impostor
                ),
            ));
        }
    }
    let (failed, pictures) = (found.failed, found.pictures);
    summary.push(said(
        format!("{pictures} 张照片中有 {failed} 张无法使用（采集失败），不计入上述比率。"),
        format!(
            "{failed} of {pictures} pictures could not be used (failure to acquire); they count in none of these rates."
        ),
    ));
    summary
}

fn alarms(found: &Verification) -> Vec<Said> {
    let mut alarms = Vec::new();
    for (column, groups) in &found.groups {
        for (value, group) in groups {
            let name = format!("{column} = {value}");
            if group.fnmr_against_whole == Disparity::Worse {
                let (rate, whole) = (percent(group.fnmr.rate), percent(found.groups_at.fnmr.rate));
                alarms.push(said(
                    format!("警报：{name} 一组的误不匹配率为 {rate}，整体为 {whole}，差距超过 25 %。"),
                    format!("Alarm: for {name} the right person is not recognised in {rate}, for all in {whole}: more than 25 % worse."),
                ));
            }
            if group.fmr_against_whole == Disparity::Worse {
                let (rate, whole) = (percent(group.fmr.rate), percent(found.groups_at.fmr.rate));
                alarms.push(said(
                    format!("警报：{name} 一组的误匹配率为 {rate}，整体为 {whole}，差距超过 25 %。"),
                    format!(
                        "Alarm: for {name} another person passes in {rate}, for all in {whole}: more than 25 % worse."
                    ),
                ));
            }
        }
    }
    alarms
}

fn sample(found: &Verification) -> Section {
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let how = if found.usable_only {
        "只用合格照片 · usable pictures only"
    } else {
        "凡有人脸即比对 · every picture with a face"
    };
    models_section(
        &found.models,
        vec![
            row("照片数 / 人数 · Pictures / people", format!("{} / {}", found.pictures, found.people)),
            row("比对总数 · Comparisons asked for", found.pairs.to_string()),
            row("同一人 · Genuine", found.genuine.to_string()),
            row("不同人 · Impostor", found.impostor.to_string()),
            row("采集失败的照片 · Failures to acquire, pictures", format!("{} ({})", found.failed, how)),
            row("因此未做的比对 · Comparisons lost for that", found.failed_pairs.to_string()),
            row("AUC", format!("{:.6}", found.auc)),
            row("等错误率 · Equal error rate", percent(found.eer)),
        ],
    )
}

fn rates(found: &Verification) -> Section {
    let row = |(target, at): (&&str, &FnmrAtFmr)| {
        let shown = if at.supported {
            "✓".to_owned()
        } else {
            format!("✗ 需 {} 对 · needs {}", at.impostor_needed, at.impostor_needed)
        };
        vec![
            percent(target.parse().unwrap_or(f64::NAN)),
            format!("{:.4}", at.threshold),
            percent(at.fnmr),
            between(at.low, at.high),
            format!("{} / {}", at.false_non_matches, found.genuine),
            format!("{} / {}", at.false_matches, found.impostor),
            shown,
        ]
    };
    Section::new(said("放过冒用者与认不出本人", "Passing others, and not recognising the right person"))
        .words([said(
            "误匹配率越低越安全，但本人被拒的次数越多。区间按人重抽样得出；没有出错时用“三倍法则”。",
            "The fewer others pass, the more often the right person is refused. The limits come from drawing people anew; where \
             no error was seen, from the rule of 3.",
        )])
        .table(
            [
                said("误匹配率至多", "FMR at most"),
                said("阈值", "Threshold"),
                said("误不匹配率", "FNMR"),
                said("95 % 区间", "95 % limits"),
                said("误不匹配次数", "False non-matches"),
                said("误匹配次数", "False matches"),
                said("样本足够？", "Shown?"),
            ],
            found.fnmr_at_fmr.iter().rev().map(row).collect(),
        )
}

fn calibrated(at: &[AtCalibration]) -> Section {
    let row = |at: &AtCalibration| {
        vec![
            at.population.clone(),
            percent(at.promised_fmr),
            format!("{:.4}", at.at.threshold),
            format!("{} ({})", percent(at.at.fmr.rate), limits(&at.at.fmr)),
            format!("{} ({})", percent(at.at.fnmr.rate), limits(&at.at.fnmr)),
        ]
    };
    Section::new(said("用出厂校准的阈值会怎样", "What the thresholds of the pack's calibration do here"))
        .words([said(
            "系统按校准的阈值作决定。若这里的误匹配率明显高于校准所称，就不应在这一人群中使用该校准。",
            "The service decides by calibrated thresholds. Where the rate found here lies clearly above the one promised, that \
             calibration must not be used for these people.",
        )])
        .table(
            [
                said("人群", "Population"),
                said("校准误匹配率", "FMR promised"),
                said("阈值", "Threshold"),
                said("此处误匹配率", "FMR here"),
                said("此处误不匹配率", "FNMR here"),
            ],
            at.iter().map(row).collect(),
        )
}

fn curves(found: &Verification) -> Section {
    let least = |count: usize| 1.0 / f64::from(u32::try_from(count.max(1)).unwrap_or(u32::MAX));
    let mut det = Plot::new(
        Axis::shares(least(found.impostor), "误匹配率 · FMR"),
        Axis::shares(least(found.genuine), "误不匹配率 · FNMR"),
    );
    det.line(found.det.iter().map(|point| (point.fmr, point.fnmr)), COLOURS[0], "DET");
    det.mark(3.0 * least(found.impostor), COLOURS[4], "左侧样本无法证明 · not shown left of this");
    let [impostor, genuine] = &found.histograms;
    let highest = impostor.shares.iter().chain(&genuine.shares).copied().fold(0.0, f64::max);
    let mut spread = Plot::new(
        Axis::plain(impostor.low.into(), impostor.high.into(), "比对分数 · comparison score"),
        Axis::plain(0.0, highest * 1.3, "占比 · share"),
    );
    spread.bars(impostor, COLOURS[1], "不同人 · impostor");
    spread.bars(genuine, COLOURS[0], "同一人 · genuine");
    if let Some(main) = found.fnmr_at_fmr.get(MAIN) {
        spread.mark(main.threshold.into(), COLOURS[5], "误匹配率 0.1 % 的阈值 · threshold at FMR 0.1 %");
    }
    Section::new(said("曲线", "Curves"))
        .plot(said("检测错误权衡曲线", "Detection error trade-off"), det.finish())
        .plot(said("分数分布：两者越分开越好", "Spread of the scores: the further apart, the better"), spread.finish())
}

fn groups(found: &Verification) -> Section {
    let row = |column: &str, value: &str, group: &Group| {
        vec![
            format!("{column} = {value}"),
            format!("{} ({})", percent(group.fmr.rate), limits(&group.fmr)),
            group.fmr.trials.to_string(),
            told(group.fmr_against_whole).to_owned(),
            format!("{} ({})", percent(group.fnmr.rate), limits(&group.fnmr)),
            group.fnmr.trials.to_string(),
            told(group.fnmr_against_whole).to_owned(),
        ]
    };
    let rows = found
        .groups
        .iter()
        .flat_map(|(column, groups)| groups.iter().map(move |(value, group)| row(column, value, group)));
    let threshold = found.groups_at.threshold;
    let whole = [found.groups_at.fmr.rate, found.groups_at.fnmr.rate].map(percent);
    let [fmr, refused] = &whole;
    Section::new(said("各组是否被同样对待", "Are groups treated alike"))
        .words([said(
            format!("以阈值 {threshold:.4} 比较，整体误匹配率 {fmr}、误不匹配率 {refused}。任何一组不应比整体差 25 % 以上（NIST SP 800-63A-4）。"),
            format!(
                "At threshold {threshold:.4} the whole has FMR {fmr} and FNMR {refused}. No group should be worse by more than 25 % \
                 (NIST SP 800-63A-4)."
            ),
        )])
        .table(
            [
                said("组", "Group"),
                said("误匹配率", "FMR"),
                said("不同人比对", "Impostor"),
                said("判断", "Verdict"),
                said("误不匹配率", "FNMR"),
                said("同一人比对", "Genuine"),
                said("判断", "Verdict"),
            ],
            rows.collect(),
        )
}

fn boundaries(found: &Verification) -> Section {
    let people = found.people;
    Section::new(said("这份报告不能说明什么", "What this does not show")).words([
        said(
            format!("只对与样本相似的人、照片和设备有效。样本共 {people} 人；人越少，换一批人结果差别越大。"),
            format!(
                "It holds for people, pictures and cameras like those of the sample. There are {people} people in it; the fewer, the \
                 more other people would change it."
            ),
        ),
        said(
            "不说明能否识破照片、屏幕或面具：那是攻击检测的报告（vivat evaluate pad）。",
            "It says nothing of photos, screens and masks held before the camera: that is the report on attacks (vivat evaluate pad).",
        ),
        said(
            "双胞胎和近亲很可能比这里的“不同人”更像；多年前的照片会使误不匹配率升高。",
            "Twins and close relatives are more alike than the different people here; photos from years ago are recognised less often.",
        ),
    ])
}

fn glossary() -> Section {
    let row = |zh: &str, en: &str| vec![zh.to_owned(), en.to_owned()];
    Section::new(said("名词", "Words")).table(
        [],
        vec![
            row(
                "误匹配率 FMR：不同人的比对中被当作同一人的比例",
                "False match rate: of comparisons of two people, the share taken for one",
            ),
            row(
                "误不匹配率 FNMR：同一人的比对中没有认出的比例",
                "False non-match rate: of comparisons of one person, the share not recognised",
            ),
            row("采集失败 FTA：照片里找不到可用的人脸", "Failure to acquire: no usable face in the picture"),
            row(
                "95 % 区间：换一批同类的人，结果大多落在其中",
                "95 % limits: with other people of the kind, the result would mostly lie there",
            ),
            row(
                "三倍法则：n 次独立比对没有出错，真实比率以 95 % 的把握低于 3/n",
                "Rule of 3: no error in n independent comparisons, and the rate is below 3/n with 95 % confidence",
            ),
            row("标准：ISO/IEC 19795-1、2382-37", "Standards: ISO/IEC 19795-1, 2382-37"),
        ],
    )
}
